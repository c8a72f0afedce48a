"""Training lines, {"source": …, "target": …} as JSON lines, and their packing into rows of equal length."""

import json
import random
import sys

import torch

SHUFFLE_LINES = 20000
IGNORED = -100  # label of what the loss leaves out


def read_lines(path):
    """Pairs of a file, or of standard input for "-"."""
    file = sys.stdin if path == "-" else open(path, encoding="utf-8")  # closed at the end of the generator
    try:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
                yield line["source"], line["target"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: not a line with source and target: {error}") from error
    finally:
        if file is not sys.stdin:
            file.close()


def endless_lines(paths, seed):
    """All files again and again, shuffled within a window; a pipe is read once, and its end ends the lines."""
    mixer = random.Random(seed)
    window = []
    while True:
        before = len(window)
        count = 0
        for path in paths:
            for line in read_lines(path):
                count += 1
                if len(window) < SHUFFLE_LINES:
                    window.append(line)
                    continue
                at = mixer.randrange(SHUFFLE_LINES)
                window[at], line = line, window[at]
                yield line
        if "-" in paths or count == 0:
            break
        if before + count <= SHUFFLE_LINES:  # a small set: each round in a new order
            mixer.shuffle(window)
            yield from window
            window = []
    mixer.shuffle(window)
    yield from window


class Batch:
    """Rows of packed lines: tokens, positions within the line, number of the line, and the labels one and two tokens ahead, [rows, length].

    Labels are there for target tokens only.
    """

    def __init__(self, rows, length):
        shape = (rows, length)
        self.tokens = torch.zeros(shape, dtype=torch.long)
        self.positions = torch.zeros(shape, dtype=torch.long)
        self.lines = torch.full(shape, -1, dtype=torch.long)
        self.labels = torch.full(shape, IGNORED, dtype=torch.long)
        self.labels_ahead = torch.full(shape, IGNORED, dtype=torch.long)
        self.filled = 0

    def put(self, row, at, number, ids, given):
        end, line = at + len(ids), torch.tensor(ids)
        self.tokens[row, at:end] = line
        self.positions[row, at:end] = torch.arange(len(ids))
        self.lines[row, at:end] = number
        self.labels[row, at + given - 1:end - 1] = line[given:]
        self.labels_ahead[row, at + given - 1:end - 2] = line[given + 1:]
        self.filled += len(ids)

    def to(self, device):
        for name in ("tokens", "positions", "lines", "labels", "labels_ahead"):
            setattr(self, name, getattr(self, name).to(device, non_blocking=True))
        return self


def pack(lines, tokens, rows, length):
    """Batches of `rows` rows. Each line goes into the first row with room; a line longer than a row is left out.

    Yields (batch, lines left out so far); the last batch may be partly empty.
    """
    skipped, number = 0, 0
    batch, used = Batch(rows, length), [0] * rows
    first_open = 0
    for source, target in lines:
        ids, given = tokens.encode_line(source, target)
        if len(ids) > length:
            skipped += 1
            continue
        row = next((r for r in range(first_open, rows) if used[r] + len(ids) <= length), None)
        if row is None:
            yield batch, skipped
            batch, used, first_open = Batch(rows, length), [0] * rows, 0
            row = 0
        batch.put(row, used[row], number, ids, given)
        used[row] += len(ids)
        number += 1
        while first_open < rows - 1 and length - used[first_open] < 8:
            first_open += 1
    if batch.filled:
        yield batch, skipped
