"""The student's tokens: sentencepiece (BPE, bytes for what it never saw), learned from a sample.

Symbols of the target language are control pieces: text that people say can never become one. Only encode_target looks for them.
"""

import io
import re

import sentencepiece

SEPARATOR = "<sep>"
SAID = "<:said>"  # ends what was known before it was said: symbols, where the language has any for that


def read_symbols(path):
    """One symbol a line; empty lines are skipped."""
    with open(path, encoding="utf-8") as file:
        symbols = [line.rstrip("\n") for line in file if line.strip()]
    if len(set(symbols)) != len(symbols):
        raise ValueError(f"{path}: a symbol stands twice")
    return symbols


def learn(lines, symbols, vocab_size):
    """Serialised model. `lines`: texts, source and target (symbols taken out)."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=vocab_size, hard_vocab_limit=False,
        byte_fallback=True, character_coverage=0.9998, normalization_rule_name="identity", add_dummy_prefix=False,
        remove_extra_whitespaces=False, split_digits=True, max_sentence_length=4096, pad_id=-1, unk_id=0, bos_id=1, eos_id=2,
        control_symbols=[SEPARATOR, *symbols], num_threads=1, minloglevel=2)
    return model.getvalue()


class Tokens:
    def __init__(self, serialized):
        self.serialized = serialized
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=serialized)
        pieces = range(self.processor.get_piece_size())
        self.bos, self.eos, self.separator = self.processor.bos_id(), self.processor.eos_id(), self.processor.piece_to_id(SEPARATOR)
        frame = (self.bos, self.eos, self.separator)
        self.symbols = {self.processor.id_to_piece(i): i for i in pieces if self.processor.is_control(i) and i not in frame}
        names = sorted(self.symbols, key=len, reverse=True)  # the longest wins
        self._said = SAID if SAID in self.symbols else None
        self._symbol = re.compile("|".join(map(re.escape, names)) or r"(?!)")

    def __len__(self):
        return self.processor.get_piece_size()

    def split_source(self, source):
        """(what was known before, with its end mark; what was said). Only the first mark counts: a second one was said."""
        if self._said is None or self._said not in source:
            return "", source
        known, said = source.split(self._said, 1)
        return known + self._said, said

    def encode_source(self, source):
        known, said = self.split_source(source)
        return self.encode_target(known) + self.processor.encode(said)

    def without_symbols(self, target):
        return [part for part in self._symbol.split(target) if part]

    def encode_target(self, target):
        ids, at = [], 0
        for match in self._symbol.finditer(target):
            ids += self.processor.encode(target[at:match.start()])
            ids.append(self.symbols[match.group()])
            at = match.end()
        return ids + self.processor.encode(target[at:])

    def encode_line(self, source, target):
        """(ids of the whole line, how many of them are given): <s> source <sep> | target </s>."""
        given = [self.bos, *self.encode_source(source), self.separator]
        return given + self.encode_target(target) + [self.eos], len(given)
