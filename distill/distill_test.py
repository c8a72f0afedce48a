#!/usr/bin/python3
"""Tests of the schooling: python3 distill/distill_test.py (part of CTest). Seconds, on one thread."""

import json
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from types import SimpleNamespace

import kernels
import numpy as np
import torch
from data import IGNORED, endless_lines, pack
from export import write_gguf
from gguf_writer import dequantized, quantize_rows
from grow import check, grow
from model import ModelConfig, Student, rotation
from peer_form import with_query_factors
from resume import GgufReader, student_of
from tokens import Tokens, learn
from train import Trainer, evaluate, learning_rate

SYMBOLS = ["<open>", "<window>", "<left>"]
LINES = [("open the left window", "<open><left><window>"), ("打开车窗", "<open><window>"), ("open it", "<open>"), ("window 7", "<window>7")]
MODEL = dict(dim=32, n_layers=2, n_dense_layers=1, inter_dim=32, moe_inter_dim=32, n_heads=2, q_lora_rank=0, kv_lora_rank=32,
             qk_nope_head_dim=32, qk_rope_head_dim=8, v_head_dim=32, n_routed_experts=4, n_shared_experts=1, n_activated_experts=2)
TRAINING = dict(steps=6, rows=2, row_length=48, learning_rate=0.01, final_learning_rate=0.001, warmup_steps=2, weight_decay=0.1,
                mtp_weight=0.3, balance_speed=0.01, evaluate_every=100, save_every=3, seed=3)


def make_tokens():
    return Tokens(learn([text for line in LINES for text in line] * 30, SYMBOLS, 320))


class TokensTest(unittest.TestCase):
    def test_only_targets_have_symbols(self):
        tokens = make_tokens()
        ids, given = tokens.encode_line("<open> the", "<open>x")
        self.assertNotIn(tokens.symbols["<open>"], ids[:given])
        self.assertEqual(ids[given], tokens.symbols["<open>"])
        self.assertEqual((ids[0], ids[given - 1], ids[-1]), (tokens.bos, tokens.separator, tokens.eos))


    def test_what_was_known_before_is_symbols(self):
        symbols = [*SYMBOLS, "<:said>"]
        tokens = Tokens(learn([text for line in LINES for text in line] * 30, symbols, 320))
        ids, given = tokens.encode_line("<left><:said>open <open><:said>", "<open>")
        self.assertEqual(ids[1:3], [tokens.symbols["<left>"], tokens.symbols["<:said>"]])
        self.assertFalse({tokens.symbols[name] for name in symbols} & set(ids[3:given]))  # what was said spells no symbol


class QuantizationTest(unittest.TestCase):
    def test_rows_are_within_half_a_step_and_stay_as_they_are(self):
        values = np.random.default_rng(1).normal(size=(5, 64)).astype(np.float32)
        values[2] = 0
        whole, scales = quantize_rows(values)
        once = dequantized(values)
        self.assertTrue((np.abs(once - values) <= 0.5001 * scales.astype(np.float32)[:, None]).all())
        self.assertTrue((np.abs(whole.astype(int)).max(-1)[[0, 1, 3, 4]] == 127).all())
        np.testing.assert_array_equal(dequantized(once), once)


class PackingTest(unittest.TestCase):
    def test_packed_lines_do_not_see_one_another(self):
        tokens = make_tokens()
        torch.manual_seed(2)
        student = Student(ModelConfig.of({"vocab_size": len(tokens), **MODEL})).eval()
        batch, skipped = next(pack(iter(LINES), tokens, 1, 128))
        self.assertEqual(skipped, 0)
        states, ahead = student.states(batch.tokens, batch.positions, batch.lines)
        for number, (source, target) in enumerate(LINES):
            ids, given = tokens.encode_line(source, target)
            alone, alone_ahead = student.states(torch.tensor([ids]))
            here = batch.lines[0] == number
            torch.testing.assert_close(states[0][here], alone[0], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(ahead[0][here][:-1], alone_ahead[0][:-1], rtol=1e-4, atol=1e-5)
            self.assertEqual([label for label in batch.labels[0][here].tolist() if label != IGNORED], ids[given:])
            self.assertEqual([label for label in batch.labels_ahead[0][here].tolist() if label != IGNORED], ids[given + 1:])

    def test_long_lines_are_counted(self):
        batches = list(pack(iter([("a" * 200, "b"), *LINES]), make_tokens(), 2, 48))
        self.assertEqual(batches[-1][1], 1)


@unittest.skipUnless(kernels.LIBRARY, "no compiler for the kernels")
class KernelsTest(unittest.TestCase):
    def assert_as_pytorch(self, function, *inputs):
        """`function` of the inputs and its gradients, by the library and by PyTorch, alike within the grain of bfloat16."""
        results = []
        for library in (kernels.LIBRARY, None):
            given = [x.clone().requires_grad_() for x in inputs]
            with torch.autocast("cpu", dtype=torch.bfloat16), unittest.mock.patch.object(kernels, "LIBRARY", library):
                outputs = function(*given)
                outputs = outputs if isinstance(outputs, tuple) else (outputs,)
                sum((y.float() * torch.linspace(0, 99, y.numel()).cos().view(y.shape)).sum() for y in outputs).backward()
            results.append([*outputs, *(x.grad for x in given)])
        for ours, theirs in zip(*results):
            difference = (ours.float() - theirs.float()).norm() / theirs.float().norm()
            self.assertLess(difference, 0.02)

    def test_each_is_what_pytorch_does(self):
        torch.manual_seed(6)
        few = torch.randn(6, 48).bfloat16()
        self.assert_as_pytorch(lambda x, w: kernels.normalize(x, w, 1e-6), torch.randn(6, 48), torch.rand(48))
        self.assert_as_pytorch(kernels.gated, few)
        self.assert_as_pytorch(lambda x: kernels.entropy(x, torch.tensor([3, 0, 47, 5, 5, 1])), 3 * few)
        rows, length = 2, 12
        lines = torch.tensor([[0] * 5 + [1] * 7, [2] * 9 + [-1] * 3])
        self.assert_as_pytorch(lambda x: kernels.attend(x, lines), torch.randn(rows, 3, length, length).bfloat16())
        turn = rotation(torch.arange(length).expand(rows, length), 8, 10000.0)
        parts = [torch.randn(rows, length, *size).bfloat16() for size in ((3, 24), (3, 32), (8,))]
        self.assert_as_pytorch(lambda q, kv, k: kernels.heads_of(q, kv, k, turn), *parts)
        kept = (torch.rand(rows, 1, 16) > 0.3) / 0.7
        for share in (None, kept):
            self.assert_as_pytorch(lambda x, y, share=share: kernels.add(x, y, share), torch.randn(rows, length, 16),
                                   torch.randn(rows, length, 16).bfloat16())

    def test_a_step_is_pytorchs(self):
        torch.manual_seed(7)
        start, gradient, results = torch.randn(5, 7), torch.randn(5, 7), []
        for library in (kernels.LIBRARY, None):
            weight = torch.nn.Parameter(start.clone())
            with unittest.mock.patch.object(kernels, "LIBRARY", library):
                optimizer = kernels.Adam([{"params": [weight], "weight_decay": 0.1}], lr=0.01, betas=(0.9, 0.95))
                for share in (1.0, 0.2):
                    weight.grad = share * gradient
                    optimizer.step(clip=1.0)
            results.append(weight.detach())
        torch.testing.assert_close(*results, rtol=1e-4, atol=1e-6)


class TrainingTest(unittest.TestCase):
    def trainer(self, folder, tokens):
        arguments = SimpleNamespace(out=Path(folder), data=["lines"], held_out=None, print_every=1000, minutes=None)
        return Trainer(arguments, {"model": MODEL, "training": TRAINING}, tokens, torch.device("cpu"))

    def batches(self, folder, tokens):
        path = Path(folder) / "lines.jsonl"
        path.write_text("".join(json.dumps({"source": s, "target": t}) + "\n" for s, t in LINES * 5), encoding="utf-8")
        return pack(endless_lines([str(path)], 3), tokens, TRAINING["rows"], TRAINING["row_length"])

    def test_a_run_that_was_cut_ends_like_one_that_was_not(self):
        tokens = make_tokens()
        with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as cut:
            first = self.trainer(whole, tokens)
            first.run(self.batches(whole, tokens))
            second = self.trainer(cut, tokens)
            batches = self.batches(cut, tokens)
            second.run(next(batches) for _ in range(3))
            self.assertEqual(second.step, 3)
            third = self.trainer(cut, tokens)
            self.assertEqual(third.step, 3)
            third.run(self.batches(cut, tokens))
            self.assertEqual(third.step, 6)
            for (name, a), b in zip(first.student.state_dict().items(), third.student.state_dict().values()):
                torch.testing.assert_close(a, b, msg=name)

    def test_exact_match_is_that_of_greedy_decoding(self):
        tokens = make_tokens()
        with tempfile.TemporaryDirectory() as folder:
            trainer = self.trainer(folder, tokens)
            trainer.settings = {**TRAINING, "steps": 40}
            trainer.run(self.batches(folder, tokens))
        student = trainer.student.eval()
        right = 0
        for source, target in LINES:
            ids, given = tokens.encode_line(source, target)
            written = ids[:given]
            while written[-1] != tokens.eos and len(written) < 2 * len(ids):
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    written.append(int(student.logits(student.states(torch.tensor([written]))[0][0, -1]).argmax()))
            right += written == ids
        self.assertEqual(evaluate(student, tokens, LINES, TRAINING, torch.device("cpu"))["exact_match"], right / len(LINES))
        self.assertGreater(right, 0)

    def test_a_grown_student_writes_what_it_wrote(self):
        tokens = make_tokens()
        model = {**MODEL, "n_activated_experts": 1, "n_mtp_layers": 0}
        torch.manual_seed(4)
        small = Student(ModelConfig.of({"vocab_size": len(tokens), **model})).eval()
        ids = torch.tensor([tokens.encode_line(*LINES[0])[0]])
        for active in (1, 2):  # of the twins one, or both
            larger = {**model, "dim": 48, "n_layers": 3, "inter_dim": 64, "moe_inter_dim": 40, "n_routed_experts": 8,
                      "n_activated_experts": active}
            wanted = ModelConfig.of({"vocab_size": len(tokens), **larger})
            check(small.c, wanted)
            grown = grow(small, wanted).eval()
            with torch.no_grad():
                before, after = (student.logits(student.states(ids)[0]) for student in (small, grown))
            self.assertLess((before - after).abs().max(), 0.15 * before.std())
        deeper = ModelConfig.of({**wanted.to_dict(), "n_layers": 5})
        check(wanted, deeper)
        with torch.no_grad():
            torch.testing.assert_close(grow(grown, deeper).eval().states(ids)[0], grown.states(ids)[0])
        training = grown.train()
        training.logits(training.states(ids)[0]).sum().backward()
        ends = [weight.grad for name, weight in training.named_parameters() if name.endswith("attn.output.weight")]
        self.assertTrue(all(gradient.abs().sum() > 0 for gradient in ends))

    def test_a_weights_file_gives_its_student_back(self):
        tokens = make_tokens()
        torch.manual_seed(5)
        student = Student(ModelConfig.of({"vocab_size": len(tokens), **MODEL, "qk_rope_head_dim": 32}))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "s.gguf"
            for as_bytes in (False, True):
                write_gguf(student, tokens, path, as_bytes)
                reader = GgufReader(path.read_bytes())
                self.assertEqual(reader.keys["deepcabin.sentencepiece"], tokens.serialized)
                back = student_of(reader)
                self.assertEqual(back.c, student.c)
                for name, weights in student.state_dict().items():
                    near = np.abs(weights.numpy()).max() / 250 if as_bytes else 0
                    torch.testing.assert_close(back.state_dict()[name], weights, rtol=0, atol=near, msg=name)
            with self.assertRaises(ValueError):
                GgufReader(path.read_bytes()[:400])

    def test_low_rank_queries_of_full_rank_change_nothing(self):
        tokens = make_tokens()
        torch.manual_seed(8)
        student = Student(ModelConfig.of({"vocab_size": len(tokens), **MODEL})).eval()
        for layer in student.layers:
            torch.nn.init.uniform_(layer.attn_norm.weight, 0.5, 2)
        ids = torch.tensor([tokens.encode_line(*LINES[0])[0]])
        with torch.no_grad():
            twin, before = (some.states(ids)[0] for some in (with_query_factors(student).eval(), student))
        self.assertLess((twin - before).norm(), 0.005 * before.norm())  # the norms' epsilon counts twice

    def test_learning_rate(self):
        self.assertAlmostEqual(learning_rate(0, TRAINING), 0.005)
        self.assertAlmostEqual(learning_rate(2, TRAINING), 0.01)
        self.assertAlmostEqual(learning_rate(6, TRAINING), 0.001)


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
