#!/usr/bin/env python3
"""Our engine and llama.cpp's on the same weights file, in the same minutes: peer.py --peer FOLDER --model FILE.gguf

The task: 64 tokens are read and 24 written, greedily, on one thread, nothing kept from the request before. FOLDER holds llama-bench and
llama-server. FILE is one that both can read: `distill/peer_form.py` makes it of a student. The rounds of the two take turns. What the
grammar of the peer allows are the names of the catalogue, then symbols; ours allows every symbol at each place, so none is forced.
"""

import argparse
import json
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HOUSE = Path(__file__).parent.parent
PROMPT, OUTPUT = 64, 24
REQUESTS = 12  # of each kind in a round


def engine_round(model):
    """What engine_bench measured: name → ms."""
    command = [HOUSE / "build/engine_bench", f"--model={model}", "--benchmark_format=json", "--benchmark_min_time=0.3",
               "--benchmark_filter=^(prefill 64|token, .*|request 64 . 24, (all tokens|symbols) allowed)$"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {run["name"]: run["real_time"] for run in report["benchmarks"]}


def names_grammar(model):
    """GBNF: a capability's name, then symbols."""
    catalogue = json.loads(subprocess.run([HOUSE / "build/deepcabin", "catalogue", "list", "--json"], check=True, capture_output=True,
                                          text=True).stdout)
    names = sorted({entry["capability"] for entry in catalogue})
    words = " | ".join(json.dumps(f"<{name}>") for name in names)
    return f'root ::= name symbol*\nname ::= {words}\nsymbol ::= "<" [^<>]+ ">"\n', len(names)


class Server:
    def __init__(self, folder, model, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        port = self.address.rpartition(":")[2]
        self.process = subprocess.Popen(
            [folder / "llama-server", "-m", model, "-t", "1", "-tb", "1", "-c", "512", "-np", "1", "--port", port, "--no-webui"],
            stdout=log, stderr=log)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.address + "/health").close()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("peer.py: llama-server ended; its log is beside the model") from None
                time.sleep(0.1)
        raise SystemExit("peer.py: llama-server does not come up")

    def request(self, prompt, grammar):
        """(ms by our clock, ms that the server says it computed)"""
        body = {"prompt": prompt, "n_predict": OUTPUT, "temperature": 0, "samplers": [], "ignore_eos": True, "cache_prompt": False}
        if grammar:
            body["grammar"] = grammar
        data = json.dumps(body).encode()
        start = time.monotonic()
        request = urllib.request.Request(self.address + "/completion", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            answer = json.load(reply)
        took, timings = (time.monotonic() - start) * 1000, answer["timings"]
        if (timings["prompt_n"], timings["predicted_n"]) != (PROMPT, OUTPUT):
            raise SystemExit(f"peer.py: {timings['prompt_n']} tokens read and {timings['predicted_n']} written, not {PROMPT} and {OUTPUT}")
        return took, timings["prompt_ms"] + timings["predicted_ms"]


def llama_bench(folder, model):
    """(tokens/s of reading, of writing)"""
    command = [folder / "llama-bench", "-m", model, "-t", "1", "-p", str(PROMPT), "-n", str(OUTPUT), "-r", "5", "-o", "json"]
    runs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    speed = {bool(run["n_gen"]): run["avg_ts"] for run in runs}
    return speed[False], speed[True]


def prompts(vocabulary, count):
    source = random.Random(1)
    return [[1, *(source.randrange(vocabulary // 2, vocabulary) for _ in range(PROMPT - 1))] for _ in range(count)]


def measure(folder, model, rounds):
    grammar, name_count = names_grammar(model)
    seen = {}
    with open(model.with_suffix(".log"), "w", encoding="utf-8") as log:
        server = Server(folder, model, log)
        try:
            for number in range(rounds):
                for name, ms in engine_round(model).items():
                    seen.setdefault(name, []).append(ms)
                for name, rule in (("free", None), ("names", grammar)):
                    for prompt in prompts(4000, REQUESTS + 2)[2 if number else 0:]:
                        took, computed = server.request(prompt, rule)
                        seen.setdefault(f"peer {name}", []).append(took)
                        seen.setdefault(f"peer {name}, computing", []).append(computed)
                read, write = llama_bench(folder, model)
                seen.setdefault("llama-bench reading", []).append(read)
                seen.setdefault("llama-bench writing", []).append(write)
                print(f"round {number + 1} of {rounds}", file=sys.stderr)
        finally:
            server.process.terminate()
            server.process.wait()
    return {name: statistics.median(values) for name, values in seen.items()}, name_count


def table(seen, name_count):
    ours = seen["request 64 + 24, symbols allowed"]
    floor = seen["token, the reading of its weights alone"]
    print(f"A token takes {seen['token, all logits']:.3f} ms, the reading of its weights alone {floor:.3f}: "
          f"{floor / seen['token, all logits']:.0%} of what memory allows.\n")
    rows = [(f"ours, symbols allowed ({seen['prefill 64']:.2f} ms to read, {seen['token, all logits']:.2f} ms a token)", ours),
            ("ours, every token allowed", seen["request 64 + 24, all tokens allowed"]),
            ("llama-bench, reading and writing", PROMPT / seen["llama-bench reading"] * 1000 + OUTPUT / seen["llama-bench writing"] * 1000),
            ("llama-server, unconstrained", seen["peer free"]),
            ("the same, its own computing alone", seen["peer free, computing"]),
            (f"llama-server, within {name_count:,} names", seen["peer names"]),
            ("the same, its own computing alone", seen["peer names, computing"])]
    print("| 64 + 24 tokens, one thread, median | ms | times ours |\n|---|---|---|")
    for what, ms in rows:
        print(f"| {what} | {ms:.2f} | {ms / ours:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, type=Path, help="the folder with llama-bench and llama-server")
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    table(*measure(arguments.peer, arguments.model, arguments.rounds))


if __name__ == "__main__":
    main()
