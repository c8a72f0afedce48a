"""The student in PyTorch: DeepSeek-V3's architecture in miniature. src/engine runs the same model; a test holds the two together.

Latent attention, the first layers dense, then shared and routed experts (sigmoid affinities, balanced by a bias that only the selection
sees), and one block that predicts a token further (multi-token prediction, MTP). Dimensions carry their published names.
"""

import math
from dataclasses import asdict, dataclass, fields

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


class _Normalize(torch.autograd.Function):
    """x / rms(x) * weight with its gradient written out: a third of the passes over memory that autograd would make."""

    @staticmethod
    def forward(context, x, weight, epsilon):
        wide = x.float()
        factor = torch.linalg.vector_norm(wide, dim=-1, keepdim=True).square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()
        context.save_for_backward(x, weight, factor)
        return (wide * factor).mul_(weight).to(x.dtype)

    @staticmethod
    def backward(context, gradient):
        x, weight, factor = context.saved_tensors
        unit = x.float() * factor
        gradient = gradient.float()
        for_weight = (gradient * unit).flatten(0, -2).sum(0)
        gradient = gradient * weight
        along = (gradient * unit).mean(-1, keepdim=True)
        return gradient.addcmul_(unit, along, value=-1).mul_(factor).to(x.dtype), for_weight, None


class RMSNorm(nn.Module):
    def __init__(self, dim, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.epsilon = epsilon

    def forward(self, x):
        return _Normalize.apply(x, self.weight, self.epsilon)


def rotation(positions, size, theta):
    """cos and sin of the angles, [..., size / 2]."""
    frequencies = theta ** (-torch.arange(0, size, 2, device=positions.device, dtype=torch.float64) / size)
    angles = positions.double().unsqueeze(-1) * frequencies
    return angles.cos().float(), angles.sin().float()


def rotate(x, cos, sin):
    """Turns adjacent pairs (2i, 2i + 1); x [..., size], cos and sin [..., size / 2] or broadcastable."""
    a, b = x.float()[..., 0::2], x.float()[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(x.dtype)


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

    def forward(self, x, turn, mask):
        c, (rows, length, _) = self.c, x.shape
        cos, sin = turn
        query = self.q(self.q_a_norm(self.q_a(x)) if c.q_lora_rank > 0 else x).view(rows, length, c.n_heads, -1)
        q_nope, q_rope = query.split((c.qk_nope_head_dim, c.qk_rope_head_dim), -1)
        latent, k_rope = self.kv_a(x).split((c.kv_lora_rank, c.qk_rope_head_dim), -1)
        keys_values = self.kv_b(self.kv_a_norm(latent)).view(rows, length, c.n_heads, -1)
        k_nope, value = keys_values.split((c.qk_nope_head_dim, c.v_head_dim), -1)
        q_rope = rotate(q_rope, cos.unsqueeze(2), sin.unsqueeze(2))
        k_rope = rotate(k_rope, cos, sin).unsqueeze(2).expand(-1, -1, c.n_heads, -1)
        q = torch.cat((q_nope, q_rope), -1).transpose(1, 2) * (c.qk_nope_head_dim + c.qk_rope_head_dim) ** -0.5
        k = torch.cat((k_nope, k_rope), -1).transpose(1, 2)
        scores = (q @ k.transpose(-1, -2)).float() + mask
        mixed = scores.softmax(-1).to(value.dtype) @ value.transpose(1, 2)
        return self.output(mixed.transpose(1, 2).reshape(rows, length, -1))


class FeedForward(nn.Module):
    def __init__(self, dim, width):
        super().__init__()
        self.gate = nn.Linear(dim, width, bias=False)
        self.up = nn.Linear(dim, width, bias=False)
        self.down = nn.Linear(width, dim, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


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
            gate, up = F.linear(part, gate_up).chunk(2, -1)
            outputs.append(F.linear(F.silu(gate) * up, down))
        outputs = torch.cat(outputs)
        y = (outputs.index_select(0, place).view(*chosen.shape, -1) * weights.unsqueeze(-1)).sum(1)
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

    def forward(self, x, turn, mask):
        x = x + self.thinned(self.attn(self.attn_norm(x), turn, mask))
        return x + self.thinned(self.ffn(self.ffn_norm(x)))

    def thinned(self, y):
        """Leaves the same features out along a whole row: a random number for each token would cost more and serve no better."""
        if not self.training or self.dropout == 0:
            return y
        kept = torch.rand(y.shape[0], 1, y.shape[2], device=y.device) >= self.dropout
        return y * (kept / (1 - self.dropout)).to(y.dtype)


class Mtp(nn.Module):
    """From the state of a token, before the final norm, and the token after it: the state that predicts one further."""

    def __init__(self, c):
        super().__init__()
        self.enorm = RMSNorm(c.dim, c.norm_epsilon)
        self.hnorm = RMSNorm(c.dim, c.norm_epsilon)
        self.eh_proj = nn.Linear(2 * c.dim, c.dim, bias=False)  # embedding first, state second
        self.block = Block(c, is_dense=c.n_layers < c.n_dense_layers)
        self.head_norm = RMSNorm(c.dim, c.norm_epsilon)

    def forward(self, state, next_embedding, turn, mask):
        joined = torch.cat((self.enorm(next_embedding), self.hnorm(state)), -1)
        return self.block(self.eh_proj(joined), turn, mask)


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
        seen = torch.ones(length, length, dtype=torch.bool, device=device).tril().expand(rows, 1, length, length)
        if lines is not None:
            seen = seen & (lines.unsqueeze(1).unsqueeze(-1) == lines.unsqueeze(1).unsqueeze(-2))
        mask = torch.zeros(seen.shape, device=device).masked_fill_(~seen, -1e9)
        turn = rotation(positions, self.c.qk_rope_head_dim, self.c.rope_theta)
        embedded = self.embedding(tokens)
        if unheard is not None:
            embedded = embedded * (~unheard).unsqueeze(-1)
        x = embedded
        for layer in self.layers:
            x = layer(x, turn, mask)
        if self.mtp is None:
            return x, None
        # The token after the last is not known here; what the last position computes is not used.
        following = torch.cat((embedded[:, 1:], embedded[:, -1:]), 1)
        return x, self.mtp(x, following, turn, mask)

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
