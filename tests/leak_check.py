#!/usr/bin/env python3
"""No utterance of eval/ may stand in what a model is trained on: in sampled lines or in distill/lessons/.

usage: leak_check.py DEEPCABIN [--count N]     exit code 1 and the places (not the utterances) when one is found
       leak_check.py --write                   writes eval/held_out.txt, the hashes of what the sampler leaves out
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "distill"))
import lessons  # noqa: E402
LONGER_THAN = 6  # characters; what is shorter is everybody's
SEED = 20
HASHES = ROOT / "eval" / "held_out.txt"


def plain(text: str) -> bytes:
    """Letters, digits and Han characters, small letters: what HeldOut::HashOf counts."""
    kept = (c.lower() for c in text if (c.isascii() and c.isalnum()) or "\u4000" <= c <= "\u9fff")
    return "".join(kept).encode()


def hash_of(text: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in text:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def held_out() -> set[bytes]:
    """The utterances of eval/ that are long enough to be anybody's own."""
    texts = set()
    for file in sorted((ROOT / "eval").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            texts.update(text for text in map(plain, json.loads(line).get("turns", [])) if len(text.decode()) > LONGER_THAN)
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path, nargs="?")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--count", type=int, default=300_000)
    options = parser.parse_args()
    texts = held_out()
    hashes = "".join(f"{value:016x}\n" for value in sorted(hash_of(text) for text in texts))
    if options.write:
        HASHES.write_text(hashes, encoding="ascii")
        return 0
    if not texts or options.program is None:
        parser.error("eval/ has no utterances to look for" if not texts else "which program samples?")
    if HASHES.read_text(encoding="ascii") != hashes:
        print("eval/held_out.txt does not belong to eval/*.jsonl: run leak_check.py --write")
        return 1
    found = []
    files = sorted((ROOT / "distill" / "lessons").glob("*.*"))
    for file in files:
        for lesson in lessons.read(file) if file.suffix == ".txt" else map(json.loads, file.open(encoding="utf-8")):
            if any(plain(turn) in texts for turn in lesson["turns"]):
                found.append(f"{file.relative_to(ROOT)}, lesson {lesson['id']}")
    command = [options.program, "--home", ROOT, "phrasebook", "sample", "--count", str(options.count), "--seed", str(SEED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as sampler:
        assert sampler.stdout is not None
        for number, line in enumerate(sampler.stdout, 1):
            end = line.index('","lang":')  # the text comes first
            if plain(json.loads(line[len('{"text":') : end + 1])) in texts:
                found.append(f"sampled line {number} of seed {SEED}")
    if sampler.returncode != 0:
        print(f"the sampler failed with {sampler.returncode}")
        return 1
    for place in found:
        print(f"an utterance of eval/ stands at {place}")
    print(f"{len(texts)} utterances, {len(files)} files of lessons, {options.count} sampled lines: {len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
