"""What stands between the matrix products of training: in kernels.c on a CPU under bfloat16, in PyTorch elsewhere.

PyTorch passes several times over memory for each of these, on a CPU for longer than the products take. The C is compiled when first
needed, into a folder of the user's cache; without a compiler, or with DISTILL_KERNELS=0, PyTorch does it all.
"""

import ctypes
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F

SOURCE = Path(__file__).with_name("kernels.c")
LONGEST = 512  # of a row that attend takes, as in kernels.c


def compiled():
    """The library, or None where there is no compiler for it or it is not wanted."""
    if os.environ.get("DISTILL_KERNELS") == "0":
        return None
    command = ["cc", "-Ofast", "-march=native", "-mprefer-vector-width=512", "-fopenmp", "-fPIC", "-shared"]
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "deepcabin"
    try:
        cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("flags")[2].partition("\n")[0]
        built = folder / f"kernels-{hashlib.sha256(SOURCE.read_bytes() + cpu.encode()).hexdigest()[:16]}.so"
        if not built.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as work:
                subprocess.run([*command, str(SOURCE), "-o", f"{work}/k.so", "-lm"], check=True, capture_output=True)
                os.replace(f"{work}/k.so", built)
        return ctypes.CDLL(str(built))
    except (OSError, subprocess.CalledProcessError):
        return None


LIBRARY = compiled()
if LIBRARY:
    LIBRARY.entropy.restype = LIBRARY.square_sum.restype = ctypes.c_double


def call(name, *arguments):
    """Tensors by their address, integers of 64 bits, floats."""
    def given(value):
        if value is None:
            return ctypes.c_void_p(None)
        if isinstance(value, torch.Tensor):
            assert value.is_contiguous()
            return ctypes.c_void_p(value.data_ptr())
        return ctypes.c_int64(value) if isinstance(value, int) else ctypes.c_float(value)
    return getattr(LIBRARY, name)(*map(given, arguments))


def here(x):
    """Whether the library serves this tensor: training in bfloat16 on a CPU."""
    return LIBRARY is not None and x.device.type == "cpu" and torch.is_autocast_cpu_enabled() and torch.is_grad_enabled()


class _Normalize(torch.autograd.Function):
    @staticmethod
    def forward(context, x, weight, epsilon):
        wide = x.float().contiguous()
        y = torch.empty(x.shape, dtype=torch.bfloat16)
        factor = torch.empty(x.shape[:-1])
        call("norm_forward", wide, weight, epsilon, factor.numel(), x.shape[-1], y, factor)
        context.save_for_backward(wide, weight, factor)
        context.given = x.dtype
        return y

    @staticmethod
    def backward(context, gradient):
        x, weight, factor = context.saved_tensors
        for_x, for_weight = torch.empty_like(x), torch.zeros_like(weight)
        call("norm_backward", x, weight, factor, gradient.to(torch.bfloat16).contiguous(), factor.numel(), x.shape[-1], for_x, for_weight)
        return for_x.to(context.given), for_weight, None


def normalize(x, weight, epsilon):
    """x / rms(x) * weight over the last dimension."""
    if here(x):
        return _Normalize.apply(x, weight, epsilon)
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon) * weight).to(x.dtype)


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(context, gate_up):
        gate_up = gate_up.contiguous()
        size = gate_up.shape[-1] // 2
        y = torch.empty((*gate_up.shape[:-1], size), dtype=torch.bfloat16)
        call("gate_forward", gate_up, y.numel() // size, size, y)
        context.save_for_backward(gate_up)
        return y

    @staticmethod
    def backward(context, gradient):
        gate_up, = context.saved_tensors
        size = gate_up.shape[-1] // 2
        result = torch.empty_like(gate_up)
        call("gate_backward", gate_up, gradient.contiguous(), gradient.numel() // size, size, result)
        return result


def gated(gate_up):
    """silu of the first half of the last dimension, times the second half."""
    if here(gate_up) and gate_up.dtype == torch.bfloat16 and gate_up.numel() > 0:
        return _Gated.apply(gate_up)
    gate, up = gate_up.chunk(2, -1)
    return F.silu(gate) * up


def rotate(x, cos, sin):
    """Turns adjacent pairs (2i, 2i + 1); x [..., size], cos and sin [..., size / 2] or broadcastable."""
    a, b = x.float()[..., 0::2], x.float()[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(x.dtype)


class _Heads(torch.autograd.Function):
    @staticmethod
    def forward(context, query, keys_values, key_turned, cos, sin):
        rows, length, heads, size = query.shape
        turned = key_turned.shape[-1]
        width = keys_values.shape[-1] - size + turned
        q, k = (torch.empty((rows, heads, length, size), dtype=torch.bfloat16) for _ in range(2))
        v = torch.empty((rows, heads, length, width), dtype=torch.bfloat16)
        context.sizes = rows, length, heads, size - turned, turned, width
        context.save_for_backward(cos, sin)
        call("heads_forward", query.contiguous(), keys_values.contiguous(), key_turned.contiguous(), cos, sin, *context.sizes, q, k, v)
        return q, k, v

    @staticmethod
    def backward(context, for_q, for_k, for_v):
        rows, length, heads, plain, turned, width = context.sizes
        query = torch.empty((rows, length, heads, plain + turned), dtype=torch.bfloat16)
        keys_values = torch.empty((rows, length, heads, plain + width), dtype=torch.bfloat16)
        key_turned = torch.empty((rows, length, turned), dtype=torch.bfloat16)
        call("heads_backward", for_q.contiguous(), for_k.contiguous(), for_v.contiguous(), *context.saved_tensors, *context.sizes, query,
             keys_values, key_turned)
        return query, keys_values, key_turned, None, None


def heads_of(query, keys_values, key_turned, turn):
    """(q, k, v) [rows, heads, length, …] of query [rows, length, heads, plain + turned], keys and values [rows, length, heads, plain +
    width] and the heads' common part of the key [rows, length, turned], which `turn` (cos, sin) [rows, length, turned / 2] turns. q is
    scaled."""
    cos, sin = turn
    if here(query) and query.dtype == torch.bfloat16:
        return _Heads.apply(query, keys_values, key_turned, cos, sin)
    turned, (_, _, heads, size) = key_turned.shape[-1], query.shape
    q_plain, q_turned = query.split((size - turned, turned), -1)
    k_plain, value = keys_values.split((size - turned, keys_values.shape[-1] - size + turned), -1)
    q_turned = rotate(q_turned, cos.unsqueeze(2), sin.unsqueeze(2))
    k_turned = rotate(key_turned, cos, sin).unsqueeze(2).expand(-1, -1, heads, -1)
    q = torch.cat((q_plain, q_turned), -1).transpose(1, 2) * size ** -0.5
    return q, torch.cat((k_plain, k_turned), -1).transpose(1, 2), value.transpose(1, 2)


class _Attend(torch.autograd.Function):
    @staticmethod
    def forward(context, scores, lines):
        rows, heads, length, _ = scores.shape
        shares = scores.detach().clone(memory_format=torch.contiguous_format)
        call("attend_forward", shares, lines, rows, heads, length)
        context.save_for_backward(shares, lines)
        return shares

    @staticmethod
    def backward(context, gradient):
        shares, lines = context.saved_tensors
        rows, heads, length, _ = shares.shape
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        call("attend_backward", shares, gradient, lines, rows, heads, length)
        return gradient, None


def attend(scores, lines):
    """Softmax of scores [rows, heads, length, length] over what a token sees: its own line (`lines` [rows, length]), up to itself."""
    if here(scores) and scores.dtype == torch.bfloat16 and scores.shape[-1] <= LONGEST:
        return _Attend.apply(scores, lines)
    earlier = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    seen = earlier & (lines.unsqueeze(1).unsqueeze(-1) == lines.unsqueeze(1).unsqueeze(-2))
    return scores.float().masked_fill(~seen, -1e9).softmax(-1)


class _Add(torch.autograd.Function):
    @staticmethod
    def forward(context, x, part, kept):
        groups, length, size = x.shape
        y = torch.empty_like(x)
        call("add_forward", x.contiguous(), part.contiguous(), kept, groups, length, size, y)
        context.kept = kept
        return y

    @staticmethod
    def backward(context, gradient):
        gradient = gradient.contiguous()
        part = torch.empty(gradient.shape, dtype=torch.bfloat16)
        call("add_backward", gradient, context.kept, *gradient.shape, part)
        return gradient, part, None


def add(x, part, kept):
    """x + part * kept; `kept` [rows, 1, dim] or None for 1."""
    if here(x) and x.dtype == torch.float32 and part.dtype == torch.bfloat16:
        return _Add.apply(x, part, kept)
    return x + (part if kept is None else part * kept.to(part.dtype))


class _Entropy(torch.autograd.Function):
    @staticmethod
    def forward(context, logits, labels):
        context.gradient = logits.detach().clone()
        loss = call("entropy", context.gradient, labels, *logits.shape)
        return torch.tensor(loss, dtype=torch.float32)

    @staticmethod
    def backward(context, gradient):
        return context.gradient.mul_(gradient.item()), None


def entropy(logits, labels):
    """Mean cross entropy of logits [count, vocabulary]."""
    if here(logits) and logits.dtype == torch.bfloat16:
        return _Entropy.apply(logits, labels)
    return F.cross_entropy(logits.float(), labels)


class Adam(torch.optim.AdamW):
    """AdamW, its state as PyTorch keeps it; `clip` bounds the gradient's norm."""

    @torch.no_grad()
    def step(self, clip):
        parameters = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        if LIBRARY is None or any(p.device.type != "cpu" for p in parameters):
            torch.nn.utils.clip_grad_norm_(parameters, clip)
            return super().step()
        norm = sum(call("square_sum", p.grad.contiguous(), p.numel()) for p in parameters) ** 0.5
        share = min(1.0, clip / (norm + 1e-6))
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(p, group, share)
        return None

    def move(self, p, group, share):
        state = self.state[p]
        if not state:
            state.update(step=torch.tensor(0.0), exp_avg=torch.zeros_like(p), exp_avg_sq=torch.zeros_like(p))
        state["step"] += 1
        at, (b1, b2) = state["step"].item(), group["betas"]
        call("adam", p, p.grad.contiguous(), state["exp_avg"], state["exp_avg_sq"], p.numel(), share, float(group["lr"]), b1, b2,
             group["eps"], float(group["weight_decay"]), 1 - b1**at, 1 - b2**at)
