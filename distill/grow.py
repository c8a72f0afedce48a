#!/usr/bin/python3
"""Makes a trained student larger, so that what it learned is not lost: grow.py --from DIR --to DIR --config NAME

Reads DIR/checkpoint.pt and writes one of the configuration's model, with the same tokenizer, that computes nearly the same as before.
What is new begins small: new features are read by nobody yet, new layers add nothing, each expert stands twice and more (and where as many
times more are active, an expert and its twins do together what it did alone). Training goes on
from there with fresh optimizer state. Heads, ranks of the latents and the number of dense layers stay as they were.
"""

import argparse
import shutil
from pathlib import Path

import torch
from model import ModelConfig, Student
from train import optimizer_of, read_settings

NEW_FEATURES = 0.3  # of the size of the old ones
ROUTER_NOISE = 0.002  # so that twins are not chosen for ever in the same order
TOGETHER_NOISE = 0.0001  # where they are all active they stay together at first
EXPERT_NOISE = 0.02  # of the size of the weights: else twins that work together would learn the same


def corner(new, old):
    """`old` in the corner of `new`; old rows do not see new columns."""
    rows, columns = old.shape
    new[:rows, :columns] = old
    new[:rows, columns:] = 0


def repeated(old, count):
    return old.repeat(-(-count // old.shape[0]), *[1] * (old.dim() - 1))[:count]


@torch.no_grad()
def grow(small, config):
    """A Student of `config` that computes nearly what `small` does: the new features begin with a little noise."""
    old, new = small.c, config
    grown = Student(new)
    before, after = small.state_dict(), grown.state_dict()
    narrow, narrow_expert = old.dim, old.moe_inter_dim
    norm_scale = (old.dim / new.dim) ** 0.5  # the mean square is taken over more features, of which the new ones are nearly nothing
    for name, weight in after.items():
        if name == "head":  # the embedding, once more
            continue
        if name not in before:  # a layer that was not there
            if name.endswith(("output.weight", "down.weight", "ffn.down")):
                weight.zero_()
            continue
        value = before[name]
        if name == "embedding.weight":
            weight[:, :narrow] = value
            weight[:, narrow:] = torch.randn_like(weight[:, narrow:]) * value.std() * NEW_FEATURES
        elif name == "norm.weight":
            weight.zero_()
            weight[:narrow] = value * norm_scale
        elif name.endswith("kv_a_norm.weight") or name.endswith("kv_b.weight"):
            weight.copy_(value)
        elif name.endswith("norm.weight"):
            weight.fill_(value.mean() * norm_scale)
            weight[:narrow] = value * norm_scale
        elif name.endswith("ffn.router"):
            corner(weight, repeated(value, new.n_routed_experts))
            if new.n_routed_experts > old.n_routed_experts:
                weight += torch.randn_like(weight) * (TOGETHER_NOISE if new.n_activated_experts > old.n_activated_experts else ROUTER_NOISE)
        elif name.endswith("ffn.bias"):
            weight.copy_(repeated(value, new.n_routed_experts))
        elif name.endswith("ffn.gate_up"):
            value = repeated(value, new.n_routed_experts)
            for half in (0, 1):  # gate, then up
                rows = weight[:, half * new.moe_inter_dim:][:, :narrow_expert]
                rows[:, :, :narrow] = value[:, half * narrow_expert:][:, :narrow_expert]
                rows[:, :, narrow:] = 0
            if new.n_activated_experts > old.n_activated_experts:
                weight += torch.randn_like(weight) * value.std() * EXPERT_NOISE
        elif name.endswith("ffn.down"):
            weight[:, narrow:] *= NEW_FEATURES
            weight[:, :narrow] = 0
            weight[:, :narrow, :narrow_expert] = repeated(value, new.n_routed_experts)
        elif name.endswith(("output.weight", "down.weight")):
            weight[narrow:] *= NEW_FEATURES
            weight[narrow:, value.shape[1]:] = 0
            corner(weight, value)
        else:
            corner(weight, value)
    grown.load_state_dict(after)
    return grown


def check(old, new):
    same = ("vocab_size", "n_dense_layers", "n_heads", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim",
            "n_shared_experts", "n_mtp_layers", "tied_head")
    changed = [name for name in same if getattr(old, name) != getattr(new, name)]
    larger = ("dim", "n_layers", "inter_dim", "moe_inter_dim", "n_routed_experts")
    changed += [name for name in larger if getattr(old, name) > getattr(new, name)]
    twins = new.n_routed_experts // old.n_routed_experts
    if new.n_activated_experts not in ((1, twins) if old.n_activated_experts == 1 else (old.n_activated_experts,)):
        changed.append("n_activated_experts")
    if old.n_activated_experts > 1 and twins > 1:  # one would be chosen together with its twin
        changed.append("n_routed_experts")
    if changed or new.n_mtp_layers or not new.tied_head:
        raise SystemExit(f"cannot grow into that: {', '.join(changed) or 'no MTP block and a tied head are needed'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", required=True, type=Path)
    parser.add_argument("--to", required=True, type=Path)
    parser.add_argument("--config", required=True, help="a name in distill/configs or a path")
    arguments = parser.parse_args()
    config = read_settings(arguments.config)
    state = torch.load(arguments.source / "checkpoint.pt", map_location="cpu")
    small = Student(ModelConfig.of(state["model"]))
    small.load_state_dict(state["student"])
    wanted = ModelConfig.of({"vocab_size": small.c.vocab_size, **config["model"]})
    check(small.c, wanted)
    torch.manual_seed(config["training"]["seed"])
    grown = grow(small, wanted)
    arguments.to.mkdir(parents=True, exist_ok=True)
    torch.save({**state, "model": wanted.to_dict(), "student": grown.state_dict(), "step": 0,
                "optimizer": optimizer_of(grown, config["training"]).state_dict()}, arguments.to / "checkpoint.pt")
    shutil.copy(arguments.source / "tokenizer.model", arguments.to)


if __name__ == "__main__":
    main()
