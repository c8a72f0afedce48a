#!/usr/bin/python3
"""The same student for engines that know this architecture only with low-rank queries: peer_form.py FILE.gguf OUT.gguf

Each layer's query matrix gets a full-rank first factor, which undoes the weight of the norm before it; then the norm between the factors
finds a vector that is normalised already, and its weight puts back what was undone. The outputs are the same but for the norms' epsilon,
at the price of one more square matrix a layer for whoever runs it.
"""

import argparse
from pathlib import Path

import torch
from export import write_gguf
from model import ModelConfig, Student
from resume import GgufReader, student_of
from tokens import Tokens


@torch.no_grad()
def with_query_factors(student):
    """A Student with q_lora_rank = dim that computes what `student` (with none) does."""
    twin = Student(ModelConfig.of({**student.c.to_dict(), "q_lora_rank": student.c.dim}))
    weights = student.state_dict()
    for name, weight in twin.state_dict().items():
        layer = name.partition("attn.q_a")[0]
        if name.endswith("attn.q_a.weight"):
            weight.copy_(torch.diag(1 / weights[f"{layer}attn_norm.weight"]))
        else:
            weight.copy_(weights[f"{layer}attn_norm.weight" if name.endswith("attn.q_a_norm.weight") else name])
    return twin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    reader = GgufReader(arguments.file.read_bytes())
    student = student_of(reader)
    if student.c.q_lora_rank > 0:
        raise SystemExit(f"{arguments.file} has low-rank queries already")
    notes = [(key, value) for key, value in reader.keys.items() if key == "deepcabin.catalogue"]
    tokens = Tokens(reader.keys["deepcabin.sentencepiece"])
    write_gguf(with_query_factors(student), tokens, arguments.out, as_bytes=True, with_mtp=False, notes=notes)


if __name__ == "__main__":
    main()
