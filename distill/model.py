"""The student in PyTorch: DeepSeek-V3's architecture in miniature. src/engine runs the same model; a test holds the two together.

Latent attention, the first layers dense, then shared and routed experts (sigmoid affinities, balanced by a bias that only the selection
sees), and one block that predicts a token further (multi-token prediction, MTP). Dimensions carry their published names.
"""

import math
from dataclasses import asdict, dataclass, fields

import kernels
import torch
import torch.nn.functional as F
from torch import nn


EXPERT_ROWS = 256


@dataclass(frozen=True)
class ModelConfig:
    vocab_size: int
    dim: int
    n_layers: int
    n_dense_layers: int
    inter_dim: int  # of the dense layers
    moe_inter_dim: int  # of one expert
    n_heads: int
    q_lora_rank: int  # 0: queries in one step
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    n_routed_experts: int
    n_shared_experts: int
    n_activated_experts: int
    route_scale: float = 1.0
    n_mtp_layers: int = 1
    context_length: int = 512
    rope_theta: float = 10000.0
    norm_epsilon: float = 1e-6
    tied_head: bool = True

    @staticmethod
    def of(values):
        unknown = set(values) - {field.name for field in fields(ModelConfig)}
        if unknown:
            raise ValueError(f"unknown model settings: {', '.join(sorted(unknown))}")
        return ModelConfig(**values)

    def to_dict(self):
        return asdict(self)


class RMSNorm(nn.Module):
    def __init__(self, dim, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.epsilon = epsilon

    def forward(self, x):
        return kernels.normalize(x, self.weight, self.epsilon)


def rotation(positions, size, theta):
    """cos and sin of the angles, [..., size / 2]."""
    frequencies = theta ** (-torch.arange(0, size, 2, device=positions.device, dtype=torch.float64) / size)
    angles = positions.double().unsqueeze(-1) * frequencies
    return angles.cos().float(), angles.sin().float()


class LatentAttention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        heads, qk = c.n_heads, c.qk_nope_head_dim + c.qk_rope_head_dim
        if c.q_lora_rank > 0:
            self.q_a = nn.Linear(c.dim, c.q_lora_rank, bias=False)
            self.q_a_norm = RMSNorm(c.q_lora_rank, c.norm_epsilon)
        self.q = nn.Linear(c.q_lora_rank or c.dim, heads * qk, bias=False)
        self.kv_a = nn.Linear(c.dim, c.kv_lora_rank + c.qk_rope_head_dim, bias=False)
        self.kv_a_norm = RMSNorm(c.kv_lora_rank, c.norm_epsilon)
        self.kv_b = nn.Linear(c.kv_lora_rank, heads * (c.qk_nope_head_dim + c.v_head_dim), bias=False)
        self.output = nn.Linear(heads * c.v_head_dim, c.dim, bias=False)

    def forward(self, x, turn, lines):
        c, (rows, length, _) = self.c, x.shape
        query = self.q(self.q_a_norm(self.q_a(x)) if c.q_lora_rank > 0 else x).view(rows, length, c.n_heads, -1)
        latent, k_rope = self.kv_a(x).split((c.kv_lora_rank, c.qk_rope_head_dim), -1)
        keys_values = self.kv_b(self.kv_a_norm(latent)).view(rows, length, c.n_heads, -1)
        q, k, value = kernels.heads_of(query, keys_values, k_rope, turn)
        shares = kernels.attend(q @ k.transpose(-1, -2), lines)
        mixed = shares.to(value.dtype) @ value
        return self.output(mixed.transpose(1, 2).reshape(rows, length, -1))


class FeedForward(nn.Module):
    def __init__(self, dim, width):
        super().__init__()
        self.gate = nn.Linear(dim, width, bias=False)
        self.up = nn.Linear(dim, width, bias=False)
        self.down = nn.Linear(width, dim, bias=False)

    def forward(self, x):
        return self.down(kernels.gated(F.linear(x, torch.cat((self.gate.weight, self.up.weight)))))


class MixtureOfExperts(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        experts = c.n_routed_experts
        self.router = nn.Parameter(torch.empty(experts, c.dim))
        self.gate_up = nn.Parameter(torch.empty(experts, 2 * c.moe_inter_dim, c.dim))  # gate's rows first
        self.down = nn.Parameter(torch.empty(experts, c.dim, c.moe_inter_dim))
        self.shared = FeedForward(c.dim, c.moe_inter_dim * c.n_shared_experts) if c.n_shared_experts > 0 else None
        self.register_buffer("bias", torch.zeros(experts))
        self.register_buffer("counts", torch.zeros(experts), persistent=False)  # tokens per expert since the last balancing

    def forward(self, x):
        flat = x.reshape(-1, self.c.dim)
        with torch.autocast(x.device.type, enabled=False):
            affinity = torch.sigmoid(flat.float() @ self.router.t())
        chosen = (affinity + self.bias).topk(self.c.n_activated_experts, -1).indices
        weights = affinity.gather(-1, chosen)
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-20) * self.c.route_scale
        experts = chosen.flatten()
        counts = torch.bincount(experts, minlength=self.c.n_routed_experts)
        if self.training:
            self.counts += counts
        # Each expert's tokens side by side, filled up with zeros to a multiple of 256, so that few shapes of products occur: the libraries
        # below prepare themselves for each shape anew, which took longer than the products.
        order = experts.argsort(stable=True)
        rooms = (counts + EXPERT_ROWS - 1) // EXPERT_ROWS * EXPERT_ROWS
        in_order = experts[order]
        shift = (rooms.cumsum(0) - rooms) - (counts.cumsum(0) - counts)
        place_in_order = torch.arange(len(order), device=x.device) + shift[in_order]
        place = torch.empty_like(order).scatter_(0, order, place_in_order)  # of each (token, expert) pair
        gathered = flat.index_select(0, order // self.c.n_activated_experts)
        inputs = flat.new_zeros(int(rooms.sum()), self.c.dim).index_copy(0, place_in_order, gathered)
        outputs = []
        # unbind, not an index for each: its gradient is one stack in place of a full-sized sum for every expert.
        for part, gate_up, down in zip(inputs.split(rooms.tolist()), self.gate_up.unbind(), self.down.unbind()):
            outputs.append(F.linear(kernels.gated(F.linear(part, gate_up)), down))
        outputs = torch.cat(outputs)
        y = (outputs.index_select(0, place).view(*chosen.shape, -1) * weights.unsqueeze(-1).to(outputs.dtype)).sum(1)
        if self.shared is not None:
            y = y + self.shared(flat)
        return y.view_as(x)

    @torch.no_grad()
    def balance(self, speed):
        """Makes busy experts a little harder to choose, idle ones easier (2408.15664). Returns how far the busiest is above the mean."""
        mean = self.counts.mean()
        self.bias += speed * torch.sign(mean - self.counts)
        violation = (self.counts.max() / mean.clamp(min=1) - 1).item()
        self.counts.zero_()
        return violation


class Block(nn.Module):
    def __init__(self, c, is_dense):
        super().__init__()
        self.dropout = 0.0  # of what is added to the residual stream, while training
        self.attn_norm = RMSNorm(c.dim, c.norm_epsilon)
        self.attn = LatentAttention(c)
        self.ffn_norm = RMSNorm(c.dim, c.norm_epsilon)
        self.ffn = FeedForward(c.dim, c.inter_dim) if is_dense else MixtureOfExperts(c)

    def forward(self, x, turn, lines):
        x = kernels.add(x, self.attn(self.attn_norm(x), turn, lines), self.kept(x))
        return kernels.add(x, self.ffn(self.ffn_norm(x)), self.kept(x))

    def kept(self, x):
        """Leaves the same features out along a whole row: a random number for each token would cost more and serve no better."""
        if not self.training or self.dropout == 0:
            return None
        kept = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.dropout
        return kept / (1 - self.dropout)


class Mtp(nn.Module):
    """From the state of a token, before the final norm, and the token after it: the state that predicts one further."""

    def __init__(self, c):
        super().__init__()
        self.enorm = RMSNorm(c.dim, c.norm_epsilon)
        self.hnorm = RMSNorm(c.dim, c.norm_epsilon)
        self.eh_proj = nn.Linear(2 * c.dim, c.dim, bias=False)  # embedding first, state second
        self.block = Block(c, is_dense=c.n_layers < c.n_dense_layers)
        self.head_norm = RMSNorm(c.dim, c.norm_epsilon)

    def forward(self, state, next_embedding, turn, lines):
        joined = torch.cat((self.enorm(next_embedding), self.hnorm(state)), -1)
        return self.block(self.eh_proj(joined), turn, lines)


class Student(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embedding = nn.Embedding(c.vocab_size, c.dim)
        self.layers = nn.ModuleList(Block(c, index < c.n_dense_layers) for index in range(c.n_layers))
        self.norm = RMSNorm(c.dim, c.norm_epsilon)
        self.head = self.embedding.weight if c.tied_head else nn.Parameter(torch.empty(c.vocab_size, c.dim))
        self.mtp = Mtp(c) if c.n_mtp_layers > 0 else None
        self.initialize()

    @torch.no_grad()
    def initialize(self):
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                # What is added to the residual stream starts smaller, as there are 2 n_layers such sums.
                is_residual = name.endswith(("output.weight", "down.weight", "ffn.down"))
                spread = 0.02 if name == "embedding.weight" or name == "head" else parameter.shape[-1] ** -0.5 * 0.7
                if name.endswith("router"):
                    spread /= 7  # affinities start nearly equal, so that the balancing bias has a say from the first steps on
                nn.init.normal_(parameter, std=spread / math.sqrt(2 * self.c.n_layers) if is_residual else spread)

    def set_dropout(self, share):
        for module in self.modules():
            if isinstance(module, Block):
                module.dropout = share

    def states(self, tokens, positions=None, lines=None, unheard=None):
        """Last states before the final norm, [rows, length, dim], and those of the MTP block (None without one).

        `lines` [rows, length] numbers the lines packed into a row: a token sees its own line only. Positions count within a line.
        `unheard` [rows, length]: tokens whose embedding is left out.
        """
        rows, length = tokens.shape
        device = tokens.device
        if positions is None:
            positions = torch.arange(length, device=device).expand(rows, length)
        if lines is None:
            lines = torch.zeros(rows, length, dtype=torch.long, device=device)
        turn = rotation(positions, self.c.qk_rope_head_dim, self.c.rope_theta)
        embedded = self.embedding(tokens)
        if unheard is not None:
            embedded = embedded * (~unheard).unsqueeze(-1)
        x = embedded
        for layer in self.layers:
            x = layer(x, turn, lines)
        if self.mtp is None:
            return x, None
        # The token after the last is not known here; what the last position computes is not used.
        following = torch.cat((embedded[:, 1:], embedded[:, -1:]), 1)
        return x, self.mtp(x, following, turn, lines)

    def logits(self, states):
        return F.linear(self.norm(states), self.head)

    def draft_logits(self, mtp_states):
        return F.linear(self.mtp.head_norm(mtp_states), self.head)

    def experts(self):
        return [module for module in self.modules() if isinstance(module, MixtureOfExperts)]


def parameter_counts(c):
    """(all, read per token): without the MTP block; the embedding counts once, as the head."""
    q_in = c.q_lora_rank or c.dim
    attention = c.dim * c.q_lora_rank + q_in * c.n_heads * (c.qk_nope_head_dim + c.qk_rope_head_dim)
    attention += c.dim * (c.kv_lora_rank + c.qk_rope_head_dim) + c.kv_lora_rank * c.n_heads * (c.qk_nope_head_dim + c.v_head_dim)
    attention += c.n_heads * c.v_head_dim * c.dim
    expert = 3 * c.dim * c.moe_inter_dim
    common = c.vocab_size * c.dim + c.n_layers * attention + c.n_dense_layers * 3 * c.dim * c.inter_dim
    moe_layers = c.n_layers - c.n_dense_layers
    total = common + moe_layers * expert * (c.n_routed_experts + c.n_shared_experts) + (0 if c.tied_head else c.vocab_size * c.dim)
    return total, common + moe_layers * expert * (c.n_activated_experts + c.n_shared_experts)
