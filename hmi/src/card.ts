// One turn of the conversation as DOM: what was said, what was understood, what came of each call, and the open question.

import type { Call } from "./api";
import { h } from "./dom";
import { actionText, capabilityName, errorText, t, tWord, whenText, zoneName, type TextKey } from "./i18n";
import { serviceCard } from "./servicecard";
import type { OpenOffer, Turn } from "./turns";

export interface TurnActions {
  answer(turn: Turn, yes: boolean): void;
  retry(turn: Turn): void;
  undo(turn: Turn): void;
  inspect(turn: Turn): void;
  canUndo(turn: Turn): boolean;
}

// What a driver may see at a glance while the car is in gear (safety.md G04).
const PRIMARY_LENGTH_MAX = 30;
const CARD_LENGTH_MAX = 120;

export function clip(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}

const STAGES = ["normalise", "phrasebook", "student", "endpoint", "guard", "vehicle"] as const;
const OUTCOMES = ["done", "scheduled", "confirm", "denied", "failed"];

function milliseconds(value: number): string {
  return value >= 100 ? `${Math.round(value)} ms` : value >= 1 ? `${value.toFixed(1)} ms` : `${value.toFixed(2)} ms`;
}

function callCard(call: Call, pending: boolean): HTMLElement {
  const outcome = call.outcome && OUTCOMES.includes(call.outcome) ? call.outcome : pending ? "pending" : (call.outcome ?? "pending");
  const when = whenText(call.when);
  const zone = zoneName(call.zone);
  return h(
    "li",
    { class: `call ${outcome}`, attrs: { "data-capability": call.capability, "data-outcome": outcome } },
    h(
      "div",
      { class: "call-head" },
      h("strong", { text: capabilityName(call.capability), attrs: { title: call.capability } }),
      zone && h("span", { class: "zone-tag", text: zone }),
      h("span", { class: `badge ${outcome}`, text: tWord("outcome", outcome) }),
    ),
    h(
      "div",
      { class: "call-body" },
      h("span", { class: "action", text: actionText(call) }),
      when && h("span", { class: "when", text: when }),
      call.reason && h("span", { class: "reason", text: call.reason }),
      call.rule && h("code", { class: "rule", text: call.rule }),
    ),
  );
}

function latencyBar(latency: Record<string, number>): HTMLElement {
  const total = latency["total"] ?? 0;
  const parts = STAGES.map((stage) => ({ stage, ms: latency[stage] ?? 0 })).filter((part) => part.ms > 0);
  const sum = parts.reduce((all, part) => all + part.ms, 0) || 1;
  const bar = h("span", { class: "latency-bar", attrs: { "aria-hidden": "true" } });
  for (const { stage, ms } of parts) {
    const piece = h("i", { class: stage });
    piece.style.flexGrow = String(Math.max(ms / sum, 0.02));
    bar.append(piece);
  }
  const words = parts.map(({ stage, ms }) => `${t(`stage.${stage}`)} ${milliseconds(ms)}`).join(" · ");
  const legend = h("span", { class: "latency-legend" });
  for (const { stage, ms } of parts) legend.append(h("span", { class: stage, text: `${t(`stage.${stage}`)} ${milliseconds(ms)}` }));
  return h(
    "details",
    { class: "latency" },
    h(
      "summary",
      { attrs: { title: words, "aria-label": `${t("talk.total")} ${milliseconds(total)}: ${words}` } },
      bar,
      h("span", { text: milliseconds(total) }),
    ),
    legend,
  );
}

function money(cost: number): string {
  return cost === 0 ? t("talk.free") : `¥${cost >= 0.1 ? cost.toFixed(2) : cost.toFixed(5).replace(/0+$/, "")}`;
}

function endpointBadge(turn: Turn): HTMLElement | null {
  const { endpoint } = turn;
  if (!endpoint) return null;
  const facts = [
    endpoint.model !== endpoint.name && endpoint.model,
    endpoint.cost !== null && money(endpoint.cost),
    endpoint.tokens !== null && `${endpoint.tokens} ${t("talk.tokens")}`,
    endpoint.firstTokenMs !== null && `${t("talk.firstToken")} ${milliseconds(endpoint.firstTokenMs)}`,
    endpoint.tries > 1 && `${endpoint.tries} ${t("talk.tries")}`,
  ].filter(Boolean) as string[];
  return h(
    "p",
    { class: "endpoint-badge" },
    h("strong", { text: endpoint.name || endpoint.model }),
    ...facts.map((fact) => h("span", { text: fact })),
  );
}

function thought(turn: Turn): HTMLElement | null {
  if (!turn.thought) return null;
  const thinking = turn.pending && !turn.streamed;
  const details = h(
    "details",
    { class: thinking ? "thought live" : "thought", attrs: { open: turn.thoughtOpen } },
    h("summary", { text: t(thinking ? "talk.thinkingNow" : "talk.thought") }),
    h("p", { text: turn.thought }),
  );
  details.addEventListener("toggle", () => (turn.thoughtOpen = details.open));
  return details;
}

function meta(turn: Turn, actions: TurnActions): HTMLElement | null {
  if (!turn.route && !turn.latencyMs) return null;
  const route = turn.route?.startsWith("endpoint:") ? turn.route.slice("endpoint:".length) : turn.route ? tWord("route", turn.route) : "";
  return h(
    "div",
    { class: "meta" },
    route && h("span", { class: "route", text: route }),
    turn.confidence !== null &&
      turn.confidence > 0 &&
      h("span", { class: "confidence", text: `${t("talk.confidence")} ${Math.round(turn.confidence * 100)}%` }),
    turn.latencyMs && latencyBar(turn.latencyMs),
    turn.mine &&
      actions.canUndo(turn) &&
      h("button", { class: "small undo", text: t("talk.undo"), attrs: { type: "button" }, on: { click: () => actions.undo(turn) } }),
    h("button", { class: "small inspect", text: t("talk.inspect"), attrs: { type: "button" }, on: { click: () => actions.inspect(turn) } }),
  );
}

function reasoning(turn: Turn): HTMLElement | null {
  if (!turn.reasoning) return null;
  const details = h(
    "details",
    { class: "reasoning", attrs: { open: turn.reasoningOpen } },
    h("summary", { text: t("talk.reasoning") }),
    h("p", { text: turn.reasoning }),
  );
  details.addEventListener("toggle", () => (turn.reasoningOpen = details.open));
  return details;
}

function offerPanel(turn: Turn, offer: OpenOffer, actions: TurnActions): HTMLElement {
  const panel = h(
    "div",
    { class: `offer ${offer.state}`, attrs: { role: "group", "aria-label": offer.question } },
    h("p", { class: "question", text: offer.question }),
  );
  const closed: Partial<Record<OpenOffer["state"], TextKey>> = { yes: "talk.confirmed", no: "talk.declined", expired: "talk.expired" };
  const closedKey = closed[offer.state];
  if (closedKey) {
    panel.append(h("p", { class: "closed", text: t(closedKey) }));
    return panel;
  }
  if (offer.touch) panel.append(h("p", { class: "touch", text: t("talk.touch") }));
  if (!turn.mine) return panel;
  const disabled = offer.state === "sent";
  const leftMs = Math.max(0, offer.deadline - performance.now());
  const fill = h("i");
  // The bar shrinks by one CSS animation that starts where the clock stands now.
  fill.style.animationDuration = `${offer.expires_ms}ms`;
  fill.style.animationDelay = `${leftMs - offer.expires_ms}ms`;
  panel.append(
    h(
      "div",
      { class: "buttons" },
      h("button", {
        class: "yes",
        text: t("talk.yes"),
        attrs: { type: "button", disabled },
        on: { click: () => actions.answer(turn, true) },
      }),
      h("button", {
        class: "no",
        text: t("talk.no"),
        attrs: { type: "button", disabled },
        on: { click: () => actions.answer(turn, false) },
      }),
      h("span", {
        class: "seconds",
        attrs: { "data-deadline": offer.deadline, "aria-hidden": "true" },
        text: String(Math.ceil(leftMs / 1000)),
      }),
    ),
    h("div", { class: "countdown", attrs: { "aria-hidden": "true" } }, fill),
  );
  return panel;
}

// For the driver under way: the outcome and one short line; the rest is spoken.
export function renderBrief(turn: Turn, actions: TurnActions): HTMLElement {
  const car = h("div", { class: "car-side" });
  const text = turn.reply || turn.streamed;
  const marks = turn.calls
    .filter(Boolean)
    .slice(0, 3)
    .map((call) => h("span", { class: `badge ${call.outcome ?? "pending"}`, text: tWord("outcome", call.outcome ?? "pending") }));
  if (marks.length > 0 && !turn.offer) car.append(h("p", { class: "brief-marks" }, ...marks));
  if (turn.error) car.append(h("p", { class: "bubble car-bubble primary", text: clip(errorText(turn.error.code), PRIMARY_LENGTH_MAX) }));
  else if (text && text !== turn.offer?.question)
    car.append(h("p", { class: "bubble car-bubble primary", text: clip(text, PRIMARY_LENGTH_MAX) }));
  else if (turn.pending) car.append(h("p", { class: "thinking", attrs: { "aria-label": t("talk.thinking") } }, h("i"), h("i"), h("i")));
  if (turn.offer) car.append(offerPanel(turn, { ...turn.offer, question: clip(turn.offer.question, CARD_LENGTH_MAX) }, actions));
  return h(
    "article",
    { class: "turn brief", attrs: { "data-turn": turn.id ?? "" } },
    h("div", { class: "user-side" }, h("p", { class: "bubble user-bubble", text: clip(turn.text, PRIMARY_LENGTH_MAX) })),
    car,
  );
}

export function renderTurn(turn: Turn, actions: TurnActions, driver = false): HTMLElement {
  const who = zoneName(turn.speaker) + (turn.mine ? "" : ` · ${turn.session}`);
  const car = h("div", { class: "car-side" });
  const calls = turn.calls.filter((call) => call !== undefined);
  const thinking = thought(turn);
  if (thinking) car.append(thinking);
  if (calls.length > 0) car.append(h("ol", { class: "calls" }, ...calls.map((call) => callCard(call, turn.pending))));
  else if (turn.escalation) car.append(h("div", { class: "escalation", text: tWord("escalation", turn.escalation) }));
  if (turn.streamed && !turn.reply) car.append(h("p", { class: "bubble car-bubble streaming", text: turn.streamed }));
  if (turn.reply && turn.reply !== turn.offer?.question) car.append(h("p", { class: "bubble car-bubble", text: turn.reply }));
  for (const shown of [turn.card, ...calls.map((call) => call.card)]) {
    const card = serviceCard(shown, driver);
    if (card) car.append(card);
  }
  for (const receipt of turn.receipts) car.append(h("p", { class: "bubble car-bubble receipt", text: receipt }));
  if (turn.offer) car.append(offerPanel(turn, turn.offer, actions));
  if (turn.error) {
    car.append(
      h(
        "div",
        { class: "bubble error" },
        h("p", { text: errorText(turn.error.code) }),
        turn.error.code !== "unreachable" && h("small", { text: turn.error.message }),
        h("button", { class: "link", text: t("talk.retry"), attrs: { type: "button" }, on: { click: () => actions.retry(turn) } }),
      ),
    );
  } else if (turn.pending && !turn.reply && !turn.streamed) {
    car.append(h("p", { class: "thinking", attrs: { "aria-label": t("talk.thinking") } }, h("i"), h("i"), h("i")));
  }
  for (const part of [endpointBadge(turn), meta(turn, actions), reasoning(turn)]) if (part) car.append(part);
  return h(
    "article",
    { class: turn.mine ? "turn" : "turn other", attrs: { "data-turn": turn.id ?? "" } },
    h("div", { class: "user-side" }, h("small", { text: who }), h("p", { class: "bubble user-bubble", text: turn.text })),
    car,
  );
}
