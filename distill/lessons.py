#!/usr/bin/env python3
"""Reads lessons as text: what is meant, then ways to say it.

usage: lessons.py FILE.txt…      writes them as the JSON lines that `deepcabin student lines --lessons` takes, to standard output

    id climate                              the ids of this file's lessons begin with this; behind it the first number, where it is not 1
    @row1.right                             who speaks in what follows; row1.left where nothing is said
    = seat.heating set max                  a frame; below it the ways to say it, one a line
    屁股底下冰凉，给我整热乎点
    = window set 10percent @front ; hvac.ac off            several calls
    = media.music play text                 [[ ]] marks the words of a text in the sentence, {{ }} those of `to`
    想听[[晴天]]，给放一下
    = seat.heating on @row1.right // seat.heating off      a dialogue; its turns apart by //, as in the sentences
    给旁边那位烤一烤 // 她说够热了，关了吧
    = ?answer                               no call but an escalation

A call is CAPABILITY OP, then in any order a value (22C, 30percent, max), @ZONE, text, to, for=SECONDS, after=SECONDS,
at=07:30[,tomorrow][,daily], and last when={JSON}. `#` begins a comment. A sentence behind `~` keeps its number but is no lesson: by chance
it stands in eval/ too. A lesson's number decides whether training sees it, so lines are appended, never moved.
"""

import json
import pathlib
import re
import sys

HAN = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(percent|C|F|level|cm|deg|s|min|km|kmh|mph|MHz|kHz|A|x|m)?")
REPEATS = {"daily", "weekday", "weekend", "weekly"}


def put_value(call, token):
    if "value" in call:
        raise ValueError(f"a second value: {token}")
    match = NUMBER.fullmatch(token)
    if not match:
        call["value"] = token
        return
    number = float(match[1])
    call["value"] = int(number) if number.is_integer() else number
    if match[2]:
        call["unit"] = match[2]


def time_of(text):
    time, *rest = text.split(",")
    return {"kind": "at", "time": time} | {("repeat" if word in REPEATS else "day"): word for word in rest}


def call_of(text):
    """A call (or escalation) and which of its slots a sentence has to mark, in order."""
    tokens = text.split()
    if tokens[0].startswith("?"):
        return {"escalation": tokens[0][1:]}, []
    call, slots = {"capability": tokens[0], "op": tokens[1]}, []
    for at, token in enumerate(tokens[2:], 2):
        key, _, rest = token.partition("=")
        if token in ("text", "to"):
            slots.append(token)
        elif token.startswith("@"):
            call["zone"] = token[1:]
        elif key == "for" and rest:
            call["for"] = int(rest)
        elif key == "after" and rest:
            call["when"] = {"kind": "after", "seconds": int(rest)}
        elif key == "at" and rest:
            call["when"] = time_of(rest)
        elif key == "when" and rest:
            call["when"] = json.loads(" ".join(tokens[at:])[len("when="):])
            break
        else:
            put_value(call, token)
    return call, slots


def filled(frame, sentence):
    """The calls with their slots, and the sentence without the marks."""
    marked = {"text": re.findall(r"\[\[(.+?)\]\]", sentence), "to": re.findall(r"\{\{(.+?)\}\}", sentence)}
    calls = [call | {slot: marked[slot].pop(0) for slot in slots} for call, slots in frame]
    if marked["text"] or marked["to"]:
        raise ValueError(f"marks more than the frame has: {sentence}")
    return calls, re.sub(r"\[\[|\]\]|\{\{|\}\}", "", sentence)


def lesson_of(frames, sentence):
    turns = [turn.strip() for turn in sentence.split("//")] if len(frames) > 1 else [sentence]
    if len(turns) != len(frames):
        raise ValueError(f"{len(turns)} turns where the frame has {len(frames)}: {sentence}")
    pairs = [filled(frame, turn) for frame, turn in zip(frames, turns)]
    return [said for _, said in pairs], [calls for calls, _ in pairs]


def read(path):
    """The file's lessons as eval/README.md has them. ValueError names the line."""
    name, speaker, frames, number = path.stem, "row1.left", None, 0
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        try:
            if not line or line.startswith("#"):
                continue
            if line.startswith("id "):
                name, _, first = line[3:].strip().partition(" ")
                number = int(first or 1) - 1
            elif line.startswith("@"):
                speaker = line[1:].strip()
            elif line.startswith("="):
                frames = [[call_of(call.strip()) for call in frame.split(" ; ")] for frame in line[1:].split("//")]
            else:
                number += 1
                if line.startswith("~"):
                    continue
                turns, gold = lesson_of(frames, line)
                yield {"id": f"{name}-{number:05d}", "cat": "lesson", "lang": "zh" if HAN.search("".join(turns)) else "en",
                       "speaker": speaker, "state": {}, "turns": turns, "gold": gold, "alt": []}
        except (ValueError, IndexError, TypeError) as error:
            raise ValueError(f"{path}:{at}: {error}") from error


def main():
    for path in sys.argv[1:]:
        for lesson in read(pathlib.Path(path)):
            print(json.dumps(lesson, ensure_ascii=False))


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"lessons.py: {error}")
