#!/usr/bin/env python3
"""Scores the program on public sets of real utterances: ./dev public [FOLDER]

The sets are not part of this repository; FOLDER holds their JSON lines ({"id","lang","text"|"turns","gold":{"domain",…}}). Their labels
are not ours, so only what can be compared is: the domain that the first call belongs to, whether the number of commands is right, the
kind of operation, whether the device is named by the capability's names, and that questions about a setting change nothing.
Skips with a notice where the folder is not there.
"""

import argparse
import collections
import json
import subprocess
import sys
from pathlib import Path

import yaml

DOMAIN_OF_PREFIX = {"navi": "navigation", "media": "media", "phone": "phone", "weather": "weather"}
READING_OPS = {"query", "search"}
# Words of the sets for what is done → ops of ours that do it.
SWITCH_ON = {"on", "open", "start", "play", "set"}
SWITCH_OFF = {"off", "close", "stop", "pause"}
OPERATIONS = {
    "打开": SWITCH_ON | {"increase"}, "开启": SWITCH_ON, "关闭": SWITCH_OFF | {"set"}, "关": SWITCH_OFF, "关掉": SWITCH_OFF,
    "播放": {"play", "search", "on", "set"}, "听": {"play", "search"}, "暂停": {"pause", "stop"},
    "调高": {"increase", "set"}, "调大": {"increase", "set"}, "调低": {"decrease", "set"}, "调小": {"decrease", "set"},
    "设置": {"set", "on", "increase", "decrease"}, "调到": {"set", "on"}, "导航": {"start", "search", "set"},
    "查询": {"query", "search"}, "下一首": {"next"}, "上一首": {"prev"},
}
INTENT_OPS = {
    "HassTurnOn": SWITCH_ON, "HassTurnOff": SWITCH_OFF, "HassMediaPause": {"pause", "stop"}, "HassMediaUnpause": {"play", "start"},
    "HassMediaNext": {"next"}, "HassMediaPrevious": {"prev"}, "HassSetVolume": {"set", "increase", "decrease"},
    "HassClimateSetTemperature": {"set"}, "HassLightSet": {"set", "on"}, "HassStartTimer": {"set", "start"},
    "HassCancelTimer": {"cancel"}, "PlayMusic": {"play", "search"}, "AddToPlaylist": {"on", "set"},
}


def domain_of(call):
    return DOMAIN_OF_PREFIX.get(call["capability"].split(".")[0], "vehicle")


def ask(program, items):
    lines = [json.dumps({"id": item["id"], "turns": [item["text"]], "lang": item.get("lang", "auto")}) for item in items]
    done = subprocess.run([program, "ask", "--batch"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return {(answer := json.loads(line))["id"]: answer["turns"][0] for line in done.stdout.splitlines()}


class Tally:
    def __init__(self):
        self.right, self.all = collections.Counter(), collections.Counter()

    def book(self, what, is_right):
        self.all[what] += 1
        self.right[what] += bool(is_right)

    def row(self, name):
        cells = [f"{100 * self.right[w] / self.all[w]:.1f} % of {self.all[w]}" if self.all[w] else "-" for w in COLUMNS]
        return f"| {name} | " + " | ".join(cells) + " |"


COLUMNS = ["domain", "commands", "operation", "device", "changes nothing"]


def score_semantics(tally, calls, gold):
    """mac_slu: one entry of `semantics` a command."""
    semantics = gold.get("semantics", [])
    acting = [s for s in semantics if "操作" in s["slots"]]
    tally.book("commands", len(calls) == gold.get("n_intents", len(semantics)))
    if not acting:
        return
    wanted = OPERATIONS.get(acting[0]["slots"]["操作"])
    if wanted is not None:
        tally.book("operation", bool(calls) and calls[0]["op"] in wanted)


def score_device(tally, calls, gold, names):
    for s in gold.get("semantics", [])[:1]:
        device = s["slots"].get("对象") or s["slots"].get("功能")
        if s["domain"] == "车载控制" and device:
            said = " ".join(names.get(call["capability"], "") for call in calls[:1])
            tally.book("device", device in said or any(part and part in said for part in (device[:2], device[-2:])))


def score(items, answers, names):
    tally = Tally()
    for item in items:
        gold, frame = item["gold"], answers[item["id"]]
        calls = frame["calls"]
        domain = gold.get("domain")
        if domain in ("vehicle", "navigation", "media", "phone", "weather"):
            tally.book("domain", bool(calls) and domain_of(calls[0]) == domain)
        if "semantics" in gold:
            score_semantics(tally, calls, gold)
            score_device(tally, calls, gold, names)
        intent = gold.get("intent", "")
        if intent in INTENT_OPS:
            tally.book("operation", bool(calls) and calls[0]["op"] in INTENT_OPS[intent])
        if intent == "VEHICLE_SETTINGS_CHECK" or domain == "chat_or_other":
            tally.book("changes nothing", all(call["op"] in READING_OPS for call in calls))
    return tally


def read(path):
    items = []
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        if "text" in item:
            items.append(item)
    return items


def capability_names(folder):
    names = {}
    for path in sorted(folder.glob("*.yaml")):
        for entry in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("capabilities", []):
            names[entry["capability"]] = " ".join(entry.get("names", {}).get("zh", []))
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="../shared/data")
    parser.add_argument("--program", default="build/deepcabin")
    options = parser.parse_args()
    files = sorted(Path(options.folder).glob("*.jsonl"))
    if not files:
        print(f"public sets: none at {options.folder}, skipped", file=sys.stderr)
        return 0
    names = capability_names(Path(__file__).parent.parent / "catalogue")
    print("| set | " + " | ".join(COLUMNS) + " |\n|---|" + "---|" * len(COLUMNS))
    for path in files:
        items = read(path)
        if items:
            print(score(items, ask(options.program, items), names).row(path.name.split(".")[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
