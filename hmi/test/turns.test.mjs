// The conversation must come out the same whether the answer or the events arrive first, and whatever arrives twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModule } from "./support/load.mjs";

const { Turns } = await loadModule("/src/turns.ts");
const CALL = { capability: "trunk", op: "open" };
const STARTED = { seq: 1, type: "turn.started", session: "s", turn: "s-1", text: "打开后备箱", speaker: "row1.left" };
const FRAME = { seq: 2, type: "turn.frame", session: "s", turn: "s-1", calls: [CALL], escalation: null, confidence: 0.9, route: "phrasebook", reasoning: "r" };
const DONE = { seq: 3, type: "turn.call", session: "s", turn: "s-1", index: 0, call: CALL, outcome: "confirm", reason: "why", rule: "P09.parked" };
const OFFER = { seq: 4, type: "offer", session: "s", turn: "s-1", question: "?", expires_ms: 15000, touch: true };
const REPLY = { seq: 5, type: "turn.reply", session: "s", turn: "s-1", reply: "?", latency_ms: { total: 1 } };
const ANSWER = { session: "s", turn: "s-1", text: STARTED.text, calls: [{ ...CALL, outcome: "confirm", reason: "why", rule: "P09.parked" }], escalation: null, confidence: 0.9, route: "phrasebook", reasoning: "r", reply: "?", latency_ms: { total: 1 }, offer: { question: "?", expires_ms: 15000, touch: true } };

function begin() {
  const said = [];
  const turns = new Turns("s", { changed: () => {}, said: (words) => said.push(words) });
  return { turns, said, turn: turns.begin(STARTED.text, "row1.left") };
}

function seen(turns) {
  return turns.list.map(({ id, text, reply, calls, offer, pending }) => ({ id, text, reply, calls: calls.map((call) => [call.capability, call.outcome, call.rule]), offer: offer?.state, pending }));
}

const WANTED = [{ id: "s-1", text: STARTED.text, reply: "?", calls: [["trunk", "confirm", "P09.parked"]], offer: "open", pending: false }];

test("events first, answer last", () => {
  const { turns, turn } = begin();
  for (const event of [STARTED, FRAME, DONE, OFFER, REPLY]) turns.take(event);
  turns.answered(turn, ANSWER);
  assert.deepEqual(seen(turns), WANTED);
});

test("answer first, events replayed afterwards", () => {
  const { turns, turn, said } = begin();
  turns.answered(turn, ANSWER);
  for (const event of [STARTED, FRAME, DONE, OFFER, REPLY]) turns.take(event);
  assert.deepEqual(seen(turns), WANTED);
  assert.deepEqual(said, ["?", "?"], "question and reply are announced once each");
});

test("an offer closes by event and only once", () => {
  const { turns, turn } = begin();
  turns.answered(turn, ANSWER);
  turns.take({ seq: 6, type: "offer.closed", session: "s", turn: "s-1", answer: "yes" });
  turns.expire(turns.list[0]);
  assert.equal(turns.list[0].offer.state, "yes");
});

test("turns of other sessions are shown but are not ours", () => {
  const { turns } = begin();
  turns.take({ ...STARTED, session: "other", turn: "other-1" });
  assert.deepEqual(turns.list.map((turn) => [turn.session, turn.mine]), [["s", true], ["other", false]]);
});

test("a receipt is kept once", () => {
  const { turns, turn } = begin();
  turns.answered(turn, ANSWER);
  for (let i = 0; i < 2; ++i) turns.take({ seq: 7, type: "turn.receipt", session: "s", turn: "s-1", reply: "已全开" });
  assert.deepEqual(turns.list[0].receipts, ["已全开"]);
});

test("a server that started anew counts its turns from one again", () => {
  for (const answerFirst of [false, true]) {
    const { turns, turn } = begin();
    for (const event of [STARTED, FRAME, DONE, REPLY]) turns.take(event);
    turns.answered(turn, ANSWER);
    const next = turns.begin("关窗", "row1.left");
    const answer = { ...ANSWER, text: "关窗", reply: "好", offer: null };
    if (answerFirst) turns.answered(next, answer);
    turns.take({ ...STARTED, text: "关窗" });
    turns.take({ ...REPLY, reply: "好" });
    if (!answerFirst) turns.answered(next, answer);
    assert.deepEqual(turns.list.map(({ text, reply }) => [text, reply]), [[STARTED.text, "?"], ["关窗", "好"]]);
  }
});

test("a streamed answer grows, begins anew with another endpoint, and gives way to the whole reply", () => {
  const { turns, said } = begin();
  const of = (type, more) => turns.take({ seq: 9, type, session: "s", turn: "s-1", ...more });
  turns.take(STARTED);
  of("turn.reasoning", { piece: "let me " });
  of("turn.reasoning", { piece: "think" });
  of("turn.piece", { piece: "Half an ans" });
  of("turn.restart");
  assert.deepEqual([turns.list[0].streamed, turns.list[0].thought], ["", ""]);
  of("turn.reasoning", { piece: "again" });
  of("turn.piece", { piece: "A whole " });
  of("turn.piece", { piece: "answer." });
  of("turn.endpoint", { endpoint: "second", model: "m", cost: 0.002, tokens: { input: 10, output: 5 }, first_token_ms: 120, tries: 2 });
  assert.equal(turns.list[0].streamed, "A whole answer.");
  of("turn.reply", { reply: "A whole answer.", latency_ms: { total: 900 } });
  assert.equal(turns.list[0].streamed, "");
  assert.equal(turns.list[0].thought, "again", "what was thought stays to be read");
  assert.deepEqual(turns.list[0].endpoint, { name: "second", model: "m", cost: 0.002, tokens: 15, firstTokenMs: 120, tries: 2 });
  assert.deepEqual(said, ["A whole answer."]);
  of("something.new", { what: 1 });
  assert.equal(turns.list.length, 1, "unknown events change nothing");
});

test("the end of a turn that began before the page was there shows nothing", () => {
  const turns = new Turns("s", { changed: () => {}, said: () => {} });
  turns.take({ seq: 1, type: "offer.closed", session: "elsewhere", turn: "elsewhere-3", answer: "expired" });
  turns.take({ seq: 2, type: "turn.receipt", session: "elsewhere", turn: "elsewhere-3", reply: "done" });
  assert.deepEqual(turns.list, []);
});
