#!/usr/bin/python3
"""A model of random weights in a configuration's size, for measuring the engine: random_model.py base base.gguf [--f32] [--no-mtp]"""

import argparse
import json
import random
from pathlib import Path

import torch
from export import write_gguf
from model import ModelConfig, Student, parameter_counts
from tokens import Tokens, learn

SYMBOLS = 600


def sample_lines(count=20000):
    """Made-up words, enough of them for a vocabulary of any size here."""
    source = random.Random(1)
    syllables = [a + b for a in "bcdfghjklmnpqrstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "on")]
    words = ["".join(source.choices(syllables, k=source.randint(1, 4))) for _ in range(8000)]
    return [" ".join(source.choices(words, k=8)) for _ in range(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("path")
    parser.add_argument("--f32", action="store_true", help="single precision in place of Q8_0")
    parser.add_argument("--no-mtp", action="store_true", help="without the MTP block, for engines that do not know it")
    arguments = parser.parse_args()
    config = json.loads((Path(__file__).parent / f"configs/{arguments.config}.json").read_text(encoding="utf-8"))
    tokens = Tokens(learn(sample_lines(), [f"<s{i}>" for i in range(SYMBOLS)], config["tokenizer"]["vocab_size"]))
    torch.manual_seed(1)
    student = Student(ModelConfig.of({"vocab_size": len(tokens), **config["model"]}))
    write_gguf(student, tokens, arguments.path, as_bytes=not arguments.f32, with_mtp=not arguments.no_mtp)
    total, active = parameter_counts(student.c)
    print(f"{arguments.path}: {len(tokens)} tokens, {total / 1e6:.2f} M parameters, {active / 1e6:.2f} M per token, "
          f"{Path(arguments.path).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
