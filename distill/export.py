"""A student as GGUF: architecture `deepseek2`, which other engines know, with the tokenizer inside.

The MTP block stands as one more block with `nextn.*` tensors, and block_count counts it. Engines that do not know it for this architecture
refuse such a file: `with_mtp=False` leaves it out.
"""

import torch
from gguf_writer import GgufWriter

_SIGMOID = 2
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6


def _write_keys(writer, c, with_mtp):
    writer.text("general.architecture", "deepseek2")
    writer.text("general.name", "DeepCabin student")
    sizes = {
        "block_count": c.n_layers + with_mtp, "context_length": c.context_length, "embedding_length": c.dim,
        "feed_forward_length": c.inter_dim, "leading_dense_block_count": c.n_dense_layers, "vocab_size": c.vocab_size,
        "attention.head_count": c.n_heads, "attention.head_count_kv": 1, "attention.kv_lora_rank": c.kv_lora_rank,
        "attention.key_length": c.kv_lora_rank + c.qk_rope_head_dim, "attention.value_length": c.kv_lora_rank,
        "attention.key_length_mla": c.qk_nope_head_dim + c.qk_rope_head_dim, "attention.value_length_mla": c.v_head_dim,
        "rope.dimension_count": c.qk_rope_head_dim, "expert_count": c.n_routed_experts, "expert_used_count": c.n_activated_experts,
        "expert_shared_count": c.n_shared_experts, "expert_feed_forward_length": c.moe_inter_dim, "expert_gating_func": _SIGMOID,
        "expert_group_count": 1, "expert_group_used_count": 1,
    }
    if c.q_lora_rank > 0:
        sizes["attention.q_lora_rank"] = c.q_lora_rank
    if with_mtp:
        sizes["nextn_predict_layers"] = 1
    for key, value in sizes.items():
        writer.scalar(f"deepseek2.{key}", "u32", value)
    writer.scalar("deepseek2.attention.layer_norm_rms_epsilon", "f32", c.norm_epsilon)
    writer.scalar("deepseek2.rope.freq_base", "f32", c.rope_theta)
    writer.scalar("deepseek2.expert_weights_scale", "f32", c.route_scale)
    writer.scalar("deepseek2.expert_weights_norm", "bool", True)


def _write_tokenizer(writer, tokens):
    processor = tokens.processor
    pieces = range(len(tokens))

    def kind(i):
        if processor.is_unknown(i):
            return _UNKNOWN
        return _CONTROL if processor.is_control(i) else _BYTE if processor.is_byte(i) else _NORMAL

    writer.text("tokenizer.ggml.model", "llama")
    writer.text("tokenizer.ggml.pre", "default")
    writer.array("tokenizer.ggml.tokens", "text", [processor.id_to_piece(i) for i in pieces])
    writer.array("tokenizer.ggml.scores", "f32", [processor.get_score(i) for i in pieces])
    writer.array("tokenizer.ggml.token_type", "i32", [kind(i) for i in pieces])
    writer.scalar("tokenizer.ggml.bos_token_id", "u32", tokens.bos)
    writer.scalar("tokenizer.ggml.eos_token_id", "u32", tokens.eos)
    writer.scalar("tokenizer.ggml.unknown_token_id", "u32", processor.unk_id())
    writer.scalar("tokenizer.ggml.add_bos_token", "bool", True)
    writer.scalar("tokenizer.ggml.add_space_prefix", "bool", False)
    writer.array("deepcabin.sentencepiece", "u8", tokens.serialized)


def _attention_tensors(block, c, attention):
    kv_b = attention.kv_b.weight.view(c.n_heads, c.qk_nope_head_dim + c.v_head_dim, c.kv_lora_rank)
    yield f"{block}.attn_kv_a_mqa.weight", attention.kv_a.weight
    yield f"{block}.attn_k_b.weight", kv_b[:, :c.qk_nope_head_dim].transpose(1, 2)
    yield f"{block}.attn_v_b.weight", kv_b[:, c.qk_nope_head_dim:]
    yield f"{block}.attn_output.weight", attention.output.weight
    yield f"{block}.attn_kv_a_norm.weight", attention.kv_a_norm.weight
    if c.q_lora_rank > 0:
        yield f"{block}.attn_q_a.weight", attention.q_a.weight
        yield f"{block}.attn_q_a_norm.weight", attention.q_a_norm.weight
        yield f"{block}.attn_q_b.weight", attention.q.weight
    else:
        yield f"{block}.attn_q.weight", attention.q.weight


def _feed_forward_tensors(block, suffix, ffn):
    for part in ("gate", "up", "down"):
        yield f"{block}.ffn_{part}{suffix}.weight", getattr(ffn, part).weight


def _block_tensors(block, c, layer, is_dense):
    yield f"{block}.attn_norm.weight", layer.attn_norm.weight
    yield from _attention_tensors(block, c, layer.attn)
    yield f"{block}.ffn_norm.weight", layer.ffn_norm.weight
    if is_dense:
        yield from _feed_forward_tensors(block, "", layer.ffn)
        return
    gate, up = layer.ffn.gate_up.chunk(2, 1)
    yield f"{block}.ffn_gate_inp.weight", layer.ffn.router
    yield f"{block}.exp_probs_b.bias", layer.ffn.bias
    yield f"{block}.ffn_gate_exps.weight", gate
    yield f"{block}.ffn_up_exps.weight", up
    yield f"{block}.ffn_down_exps.weight", layer.ffn.down
    if layer.ffn.shared is not None:
        yield from _feed_forward_tensors(block, "_shexp", layer.ffn.shared)


def tensors(student, with_mtp=True):
    """(name, weights) of everything in the file."""
    c = student.c
    yield "token_embd.weight", student.embedding.weight
    yield "output_norm.weight", student.norm.weight
    if not c.tied_head:
        yield "output.weight", student.head
    for index, layer in enumerate(student.layers):
        yield from _block_tensors(f"blk.{index}", c, layer, index < c.n_dense_layers)
    if with_mtp and student.mtp is not None:
        block = f"blk.{c.n_layers}"
        yield from _block_tensors(block, c, student.mtp.block, c.n_layers < c.n_dense_layers)
        yield f"{block}.nextn.eh_proj.weight", student.mtp.eh_proj.weight
        yield f"{block}.nextn.enorm.weight", student.mtp.enorm.weight
        yield f"{block}.nextn.hnorm.weight", student.mtp.hnorm.weight
        yield f"{block}.nextn.shared_head_norm.weight", student.mtp.head_norm.weight


def is_in_bytes(name, weights):
    """Norms, biases and the router stay in single precision: they are small, and the router decides."""
    return weights.dim() > 1 and not name.endswith("ffn_gate_inp.weight")


@torch.no_grad()
def write_gguf(student, tokens, path, as_bytes, with_mtp=True, notes=()):
    """`notes`: (key, text) pairs that the file carries besides."""
    writer = GgufWriter()
    _write_keys(writer, student.c, with_mtp and student.mtp is not None)
    for key, text in notes:
        writer.text(key, text)
    _write_tokenizer(writer, tokens)
    for name, weights in tensors(student, with_mtp):
        writer.tensor(name, weights.detach().float().cpu().numpy(), as_bytes and is_in_bytes(name, weights))
    writer.write(path)
