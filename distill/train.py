#!/usr/bin/python3
"""Schools a student: train.py --config base --data a.jsonl [b.jsonl …|-] --symbols symbols.txt --held-out h.jsonl --out DIR

Reads lines {"source": "…", "target": "…"}, learns the tokenizer from a sample of them, trains, and writes into DIR: tokenizer.model,
checkpoint.pt (started again with the same DIR, training goes on from there), student-f32.gguf, student.gguf (Q8_0), report.json.
"""

import argparse
import itertools
import json
import math
import os
import time
from pathlib import Path

import kernels
import torch
import torch.nn.functional as F
from data import IGNORED, endless_lines, pack, read_lines
from export import write_gguf
from model import ModelConfig, Student, parameter_counts
from tokens import Tokens, learn, read_symbols

CONFIGS = Path(__file__).parent / "configs"


def learned_tokens(path, settings, lines, symbols):
    """The tokenizer at `path`, learned from `lines` where there is none yet."""
    if not path.exists():
        # Symbols are pieces already; what is learned is the text around them.
        no_symbols = Tokens(learn(["a b c d e f"], symbols, 300 + len(symbols) + 40))
        sample = []
        for source, target in itertools.islice(lines, settings["sample_lines"]):
            sample += [no_symbols.split_source(source)[1], *no_symbols.without_symbols(target)]
        path.write_bytes(learn(sample, symbols, settings["vocab_size"]))
    return Tokens(path.read_bytes())


def losses(student, batch, unheard=0.0):
    """(loss of the next token, loss of the one after by the MTP block), over target tokens. `unheard`: the share of given tokens that are
    left out, so that a line is not known by one of its words."""
    wanted = batch.labels != IGNORED
    missed = (torch.rand(batch.tokens.shape, device=batch.tokens.device) < unheard) & ~wanted if unheard > 0 else None
    states, mtp_states = student.states(batch.tokens, batch.positions, batch.lines, missed)
    main = kernels.entropy(student.logits(states[wanted]), batch.labels[wanted])
    if mtp_states is None:
        return main, torch.zeros_like(main)
    ahead = batch.labels_ahead != IGNORED
    return main, kernels.entropy(student.draft_logits(mtp_states[ahead]), batch.labels_ahead[ahead])


def optimizer_of(student, settings):
    matrices = [p for p in student.parameters() if p.dim() > 1]
    vectors = [p for p in student.parameters() if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings["weight_decay"]}, {"params": vectors, "weight_decay": 0.0}]
    return kernels.Adam(groups, lr=settings["learning_rate"], betas=(0.9, 0.95), foreach=True)


def learning_rate(step, settings, share=None):
    """Linear warm-up, then a half cosine down to the final rate. `share`: how much of the run is over, where the clock ends it."""
    if step < settings["warmup_steps"]:
        return settings["learning_rate"] * (step + 1) / settings["warmup_steps"]
    if share is None:
        share = (step - settings["warmup_steps"]) / max(1, settings["steps"] - settings["warmup_steps"])
    low, high = settings["final_learning_rate"], settings["learning_rate"]
    return low + (high - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))


@torch.no_grad()
def evaluate(student, tokens, lines, settings, device):
    """How many lines greedy decoding would write exactly, their loss, and how often the MTP block guesses the token after next.

    Greedy decoding writes a line exactly if and only if, given the right beginning, the likeliest token is the right one at each place of
    the target; so one pass over the lines tells, without decoding.
    """
    student.eval()
    lines = list(lines)
    loss, count, right_lines, all_lines, guesses, guessed = 0.0, 0, 0, 0, 0, 0
    with torch.autocast(device.type, dtype=torch.bfloat16):
        for batch, skipped in pack(iter(lines), tokens, settings["rows"], settings["row_length"]):
            batch.to(device)
            states, mtp_states = student.states(batch.tokens, batch.positions, batch.lines)
            wanted = batch.labels != IGNORED
            logits, labels = student.logits(states[wanted]).float(), batch.labels[wanted]
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            count += labels.numel()
            numbers, wrong = batch.lines[wanted], logits.argmax(-1) != labels
            packed = numbers.unique().numel()
            right_lines += packed - numbers[wrong].unique().numel()
            all_lines += packed
            if mtp_states is not None:
                ahead = batch.labels_ahead != IGNORED
                guessed += (student.draft_logits(mtp_states[ahead]).argmax(-1) == batch.labels_ahead[ahead]).sum().item()
                guesses += int(ahead.sum())
    student.train()
    all_lines += skipped if lines else 0  # a line that does not fit is a line not understood
    return {"exact_match": right_lines / max(1, all_lines), "loss": loss / max(1, count), "lines": all_lines,
            "mtp_accuracy": guessed / max(1, guesses)}


class Trainer:
    def __init__(self, arguments, config, tokens, device):
        self.arguments, self.tokens, self.device = arguments, tokens, device
        self.settings = config["training"]
        torch.manual_seed(self.settings["seed"])
        self.student = Student(ModelConfig.of({"vocab_size": len(tokens), **config["model"]})).to(device)
        self.student.set_dropout(self.settings.get("dropout", 0.0))
        self.optimizer = optimizer_of(self.student, self.settings)
        self.step, self.seconds, self.trained_tokens = 0, 0.0, 0
        self.minutes, self.started = arguments.minutes, time.monotonic()
        self.checkpoint = arguments.out / "checkpoint.pt"
        if self.checkpoint.exists():
            self.load()

    def load(self):
        state = torch.load(self.checkpoint, map_location=self.device)
        if state["model"] != self.student.c.to_dict():
            raise SystemExit(f"{self.checkpoint} is of another model; choose another --out")
        self.student.load_state_dict(state["student"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds, self.trained_tokens = state["step"], state["seconds"], state["tokens"]
        if "random" in state:
            torch.set_rng_state(state["random"].cpu())
        print(f"going on from step {self.step}", flush=True)

    def save(self):
        state = {"model": self.student.c.to_dict(), "student": self.student.state_dict(), "optimizer": self.optimizer.state_dict(),
                 "step": self.step, "seconds": self.seconds, "tokens": self.trained_tokens, "random": torch.get_rng_state()}
        partial = self.checkpoint.with_suffix(".new")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def share_of_time(self):
        return None if self.minutes is None else (time.monotonic() - self.started) / (60 * self.minutes)

    def train_batch(self, batch):
        batch.to(self.device)
        rate = learning_rate(self.step, self.settings, self.share_of_time())
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            main, ahead = losses(self.student, batch, self.settings.get("unheard", 0.0))
        self.optimizer.zero_grad(set_to_none=True)
        (main + self.settings["mtp_weight"] * ahead).backward()
        self.optimizer.step(clip=1.0)
        speed = self.settings["balance_speed"] * rate / self.settings["learning_rate"]  # the faster routers learn, the faster the bias
        violation = max((moe.balance(speed) for moe in self.student.experts()), default=0.0)
        return main.item(), ahead.item(), violation

    def held_out(self):
        if self.arguments.held_out is None:
            return {}
        return evaluate(self.student, self.tokens, read_lines(self.arguments.held_out), self.settings, self.device)

    def run(self, batches):
        """Until the configured steps are done or the lines end. The same seed and files give the same batches: those seen are skipped."""
        if "-" not in self.arguments.data:
            batches = itertools.islice(batches, self.step, None)
        self.student.train()
        for batch, skipped in batches:
            if self.step >= self.settings["steps"] if self.minutes is None else self.share_of_time() >= 1:
                break
            started = time.monotonic()
            main, ahead, violation = self.train_batch(batch)
            took = time.monotonic() - started
            self.step += 1
            self.seconds += took
            self.trained_tokens += batch.filled
            if self.step % self.arguments.print_every == 0:
                print(f"step {self.step}/{self.settings['steps']}  loss {main:.4f}  mtp {ahead:.4f}  busiest expert +{violation:.0%}  "
                      f"{batch.filled / took:,.0f} tokens/s  filled {batch.filled / batch.tokens.numel():.0%}  too long {skipped}",
                      flush=True)
            if self.step % self.settings["evaluate_every"] == 0:
                print(f"step {self.step}  held out: {self.held_out()}", flush=True)
            if self.step % self.settings["save_every"] == 0:
                self.save()
        self.save()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="a name in distill/configs or a path")
    parser.add_argument("--data", required=True, nargs="+", help="files of lines, or - for standard input")
    parser.add_argument("--symbols", required=True, help="the target language's symbols, one a line")
    parser.add_argument("--held-out", help="lines to evaluate on")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--note", action="append", default=[], metavar="KEY=TEXT",
                        help="a text that the weights files carry, e.g. deepcabin.catalogue=…")
    parser.add_argument("--minutes", type=float, help="stop after so much time by the clock, not after the configured steps")
    parser.add_argument("--steps", type=int, help="in place of the configuration's")
    parser.add_argument("--seed", type=int, help="in place of the configuration's")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--print-every", type=int, default=20)
    return parser.parse_args()


def read_settings(name):
    path = Path(name) if name.endswith(".json") else CONFIGS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def read_config(arguments):
    config = read_settings(arguments.config)
    for name in ("steps", "seed"):
        if getattr(arguments, name) is not None:
            config["training"][name] = getattr(arguments, name)
    return config


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    config = read_config(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = endless_lines(arguments.data, config["training"]["seed"])
    if "-" in arguments.data:  # what the tokenizer learns from is trained on as well
        sample = list(itertools.islice(lines, config["tokenizer"]["sample_lines"]))
        lines = itertools.chain(sample, lines)
    else:
        sample = itertools.chain.from_iterable(read_lines(path) for path in arguments.data)
    tokens = learned_tokens(arguments.out / "tokenizer.model", config["tokenizer"], sample, read_symbols(arguments.symbols))
    trainer = Trainer(arguments, config, tokens, torch.device(arguments.device))
    total, active = parameter_counts(trainer.student.c)
    print(f"{len(tokens)} tokens, {total / 1e6:.2f} M parameters, {active / 1e6:.2f} M per token, on {arguments.device}", flush=True)
    trainer.run(pack(lines, tokens, config["training"]["rows"], config["training"]["row_length"]))
    report = {"config": config, "steps": trainer.step, "tokens": trainer.trained_tokens, "seconds": round(trainer.seconds, 1),
              "parameters": total, "parameters_per_token": active, "device": arguments.device, "held_out": trainer.held_out()}
    notes = [tuple(note.split("=", 1)) for note in arguments.note]
    notes += [("deepcabin.training", json.dumps({key: report[key] for key in ("steps", "tokens", "held_out")}))]
    write_gguf(trainer.student, tokens, arguments.out / "student-f32.gguf", as_bytes=False, notes=notes)
    write_gguf(trainer.student, tokens, arguments.out / "student.gguf", as_bytes=True, notes=notes)
    (arguments.out / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"held out: {report['held_out']}", flush=True)


if __name__ == "__main__":
    main()
