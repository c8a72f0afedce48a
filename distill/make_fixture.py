"""Writes src/engine/testdata: tiny seeded models as GGUF, and what PyTorch computes with them. Run it when format or architecture change.

Two models: one in single precision with odd sizes and low-rank queries, and one as Q8_0, whose expected numbers come from the rounded
weights, so that what is left is the rounding of activations.
"""

import json
from pathlib import Path

import torch
from export import is_in_bytes, tensors, write_gguf
from gguf_writer import dequantized
from model import ModelConfig, Student
from tokens import Tokens, learn

SYMBOLS = ["<open>", "<close>", "<set>", "<window>", "<light>", "<light.front>", "<left>", "<right>", "<to>"]
SENTENCES = ["open the window", "close the left window", "set the light to forty", "turn the front light on", "the window on the right",
             "打开车窗", "关上左边的车窗", "把灯调到四十"] * 20
TEXTS = ["open the left window", "打开车窗", "a <set> of <window>s", " two  spaces ", "ünseen €", ""]
SHAPES = {
    "tiny_f32": dict(dim=28, n_layers=2, n_dense_layers=1, inter_dim=22, moe_inter_dim=10, n_heads=3, q_lora_rank=14, kv_lora_rank=18,
                     qk_nope_head_dim=9, qk_rope_head_dim=6, v_head_dim=7, n_routed_experts=5, n_shared_experts=1, n_activated_experts=2,
                     route_scale=1.5, tied_head=False),
    "tiny_q8": dict(dim=64, n_layers=2, n_dense_layers=1, inter_dim=64, moe_inter_dim=32, n_heads=2, q_lora_rank=0, kv_lora_rank=32,
                    qk_nope_head_dim=32, qk_rope_head_dim=16, v_head_dim=32, n_routed_experts=4, n_shared_experts=1,
                    n_activated_experts=2),
}


@torch.no_grad()
def round_weights(student):
    """Every weight that the file stores in bytes becomes what a reader of the file sees."""
    for name, weights in tensors(student):
        if is_in_bytes(name, weights):
            weights.copy_(torch.from_numpy(dequantized(weights.numpy())))


@torch.no_grad()
def fixture(name, shape, tokens, folder):
    torch.manual_seed(7)
    student = Student(ModelConfig.of(dict(vocab_size=len(tokens), context_length=64, **shape))).eval()
    student.embedding.weight.mul_(25)  # trained embeddings are larger than fresh ones
    for moe in student.experts():
        moe.bias.normal_(std=0.05)
    for module in student.modules():
        if type(module).__name__ == "RMSNorm":
            module.weight.add_(torch.randn_like(module.weight), alpha=0.1)
    if name == "tiny_q8":
        round_weights(student)
    write_gguf(student, tokens, folder / f"{name}.gguf", as_bytes=name == "tiny_q8")
    ids, _ = tokens.encode_line("open the left window", "<open><left><window>")
    states, mtp_states = student.states(torch.tensor([ids]))
    rows = [0, len(ids) // 2, len(ids) - 1]
    draft_rows = [0, len(ids) - 2]
    logits, drafts = student.logits(states)[0, rows], student.draft_logits(mtp_states)[0, draft_rows]
    return {"tokens": ids, "rows": rows, "logits": [[round(v, 6) for v in row] for row in logits.tolist()],
            "draft_rows": draft_rows, "draft_logits": [[round(v, 6) for v in row] for row in drafts.tolist()]}


def main():
    folder = Path(__file__).resolve().parent.parent / "src/engine/testdata"
    folder.mkdir(exist_ok=True)
    tokens = Tokens(learn(SENTENCES, SYMBOLS, 330))
    expected = {name: fixture(name, shape, tokens, folder) for name, shape in SHAPES.items()}
    expected["texts"] = [{"text": text, "tokens": tokens.processor.encode(text), "with_symbols": tokens.encode_target(text)}
                         for text in TEXTS]
    expected["symbols"] = tokens.symbols
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
