#!/usr/bin/python3
"""Makes training go on from a weights file: resume.py FILE.gguf --to DIR [--config NAME]

Writes DIR/checkpoint.pt and DIR/tokenizer.model from a file that export.py wrote, as train.py leaves them, but for the optimizer's memory,
which begins anew: let the rate rise slowly. Weights in eight bits come back as the engine reads them.
"""

import argparse
import struct
from math import prod
from pathlib import Path

import numpy as np
import torch
from export import tensors
from gguf_writer import ALIGNMENT, F32, Q8_0, SCALARS
from model import ModelConfig, Student
from train import optimizer_of, read_settings

_TEXT, _ARRAY = 8, 9
_SCALARS = dict(SCALARS.values())
_NAMES = {  # of a ModelConfig, in the file
    "vocab_size": "vocab_size", "dim": "embedding_length", "n_layers": "block_count", "n_dense_layers": "leading_dense_block_count",
    "inter_dim": "feed_forward_length", "moe_inter_dim": "expert_feed_forward_length", "n_heads": "attention.head_count",
    "q_lora_rank": "attention.q_lora_rank", "kv_lora_rank": "attention.kv_lora_rank", "qk_rope_head_dim": "rope.dimension_count",
    "v_head_dim": "attention.value_length_mla", "n_routed_experts": "expert_count", "n_shared_experts": "expert_shared_count",
    "n_activated_experts": "expert_used_count", "route_scale": "expert_weights_scale", "n_mtp_layers": "nextn_predict_layers",
    "context_length": "context_length", "rope_theta": "rope.freq_base", "norm_epsilon": "attention.layer_norm_rms_epsilon",
}


class GgufReader:
    """`keys`: name → value. `tensors`: name → float array, slowest dimension first. ValueError where the file is none of ours."""

    def __init__(self, data):
        self._data, self._at = data, 0
        try:
            self._read()
        except struct.error as error:
            raise ValueError("the file ends too early") from error

    def _unpack(self, form):
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def _text(self):
        size = self._unpack("Q")
        self._at += size
        return bytes(self._data[self._at - size:self._at])

    def _value(self, kind):
        if kind == _TEXT:
            return self._text().decode(errors="replace")
        if kind == _ARRAY:
            kind, count = self._unpack("IQ")
            if kind == 0:  # bytes
                self._at += count
                return bytes(self._data[self._at - count:self._at])
            return [self._value(kind) for _ in range(count)]
        if kind not in _SCALARS:
            raise ValueError(f"a value of kind {kind}")
        return self._unpack(_SCALARS[kind][1:])

    def _read(self):
        magic, version, tensor_count, key_count = self._unpack("IIQQ")
        if magic != 0x46554747 or version != 3:
            raise ValueError("not a GGUF file of version 3")
        self.keys = {}
        for _ in range(key_count):
            name = self._text().decode()
            self.keys[name] = self._value(self._unpack("I"))
        places = [(self._text().decode(), [self._unpack("Q") for _ in range(self._unpack("I"))][::-1], *self._unpack("IQ"))
                  for _ in range(tensor_count)]
        start = self._at + -self._at % ALIGNMENT
        self.tensors = {name: self._floats(start + offset, shape, kind) for name, shape, kind, offset in places}

    def _floats(self, at, shape, kind):
        count = prod(shape)
        if kind == F32:
            return np.frombuffer(self._data, "<f4", count, at).reshape(shape)
        if kind != Q8_0:
            raise ValueError(f"tensors of kind {kind}")
        blocks = np.frombuffer(self._data, [("scale", "<f2"), ("values", "i1", 32)], count // 32, at)
        return (blocks["values"].astype(np.float32) * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)


def config_of(keys):
    values = {"q_lora_rank": 0, "n_mtp_layers": 0}
    for ours, theirs in _NAMES.items():
        value = keys.get(f"deepseek2.{theirs}", values.get(ours))
        values[ours] = float(str(np.float32(value))) if isinstance(value, float) else value  # 1e-06 again, not the float next to it
    values["n_layers"] -= values["n_mtp_layers"]
    values["qk_nope_head_dim"] = keys["deepseek2.attention.key_length_mla"] - values["qk_rope_head_dim"]
    return ModelConfig.of(values)


@torch.no_grad()
def student_of(reader):
    """The Student that the file holds."""
    config = config_of(reader.keys)
    student = Student(ModelConfig.of({**config.to_dict(), "tied_head": "output.weight" not in reader.tensors}))
    for name, weights in tensors(student):  # views of the student's own parameters
        weights.copy_(torch.tensor(reader.tensors[name]))
    return student


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--to", required=True, type=Path)
    parser.add_argument("--config", default="car", help="whose training settings; a name in distill/configs or a path")
    arguments = parser.parse_args()
    try:
        reader = GgufReader(arguments.file.read_bytes())
        student = student_of(reader)
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(f"resume.py: {arguments.file}: {error}") from error
    arguments.to.mkdir(parents=True, exist_ok=True)
    (arguments.to / "tokenizer.model").write_bytes(reader.keys["deepcabin.sentencepiece"])
    optimizer = optimizer_of(student, read_settings(arguments.config)["training"])
    torch.save({"model": student.c.to_dict(), "student": student.state_dict(), "optimizer": optimizer.state_dict(), "step": 0,
                "seconds": 0.0, "tokens": 0}, arguments.to / "checkpoint.pt")


if __name__ == "__main__":
    main()
