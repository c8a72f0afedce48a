// The way of one turn: what each step took, who understood it, what the guard decided, what was written and what came back.

import { h } from "../dom";
import { actionText, capabilityName, t, tWord, zoneName } from "../i18n";
import type { SignalStore } from "../store";
import type { Turn } from "../turns";
import { shown } from "./signaltable";

const STAGES = ["normalise", "phrasebook", "student", "endpoint", "guard", "vehicle"] as const;

function milliseconds(value: number): string {
  return value >= 100 ? `${Math.round(value)} ms` : value >= 1 ? `${value.toFixed(1)} ms` : `${value.toFixed(3)} ms`;
}

// Bars one after the other on a common scale, so that the eye sees where the time went.
function bars(turn: Turn): HTMLElement {
  const latency = turn.latencyMs ?? {};
  const stages = STAGES.filter((stage) => latency[stage] !== undefined);
  const sum = stages.reduce((all, stage) => all + (latency[stage] ?? 0), 0);
  const total = Math.max(latency["total"] ?? 0, sum, 1e-6);
  let at = 0;
  const rows = stages.map((stage) => {
    const ms = latency[stage] ?? 0;
    const bar = h("i", { class: stage });
    bar.style.marginLeft = `${(at / total) * 100}%`;
    bar.style.width = `${Math.max((ms / total) * 100, 0.4)}%`;
    at += ms;
    return h(
      "li",
      { class: ms > 0 ? "way-stage" : "way-stage idle" },
      h("span", { text: t(`stage.${stage}`) }),
      h("span", { class: "way-bar" }, bar),
      h("b", { text: milliseconds(ms) }),
    );
  });
  return h("ol", { class: "way", attrs: { "aria-label": `${t("talk.total")} ${milliseconds(total)}` } }, ...rows);
}

function fact(name: string, value: string | null | false): HTMLElement | null {
  return value ? h("div", { class: "way-fact" }, h("dt", { text: name }), h("dd", { text: value })) : null;
}

function callSteps(turn: Turn, store: SignalStore): HTMLElement {
  return h(
    "ol",
    { class: "way-calls" },
    ...turn.calls.filter(Boolean).map((call) => {
      const paths = call.interfaces ?? (call.interface ? [call.interface] : []);
      return h(
        "li",
        { class: `call ${call.outcome ?? "pending"}` },
        h(
          "div",
          { class: "call-head" },
          h("strong", { text: capabilityName(call.capability) }),
          call.zone && h("span", { class: "zone-tag", text: zoneName(call.zone) }),
          h("span", { text: actionText(call) }),
          h("span", { class: `badge ${call.outcome ?? "pending"}`, text: tWord("outcome", call.outcome ?? "pending") }),
        ),
        h(
          "p",
          { class: "way-rule" },
          h("span", { text: `${t("glass.guard")}: ` }),
          h("code", { class: "rule", text: call.rule ?? "–" }),
          call.reason ? h("span", { text: ` ${call.reason}` }) : null,
        ),
        ...paths.map((path) => {
          const state = store.get(path);
          return h(
            "p",
            { class: "way-signal" },
            h("code", { text: path }),
            h("span", {
              text: state ? `${t("glass.written")} ${shown(state.target)} · ${t("glass.readBack")} ${shown(state.current)}` : "",
            }),
          );
        }),
      );
    }),
  );
}

export function renderWay(turn: Turn | null, store: SignalStore): HTMLElement {
  if (!turn) return h("p", { class: "quiet", text: t("glass.noTurn") });
  const route = turn.route?.startsWith("endpoint:") ? turn.route.slice(9) : turn.route ? tWord("route", turn.route) : null;
  const { endpoint } = turn;
  const root = h(
    "div",
    { class: "way-turn" },
    h("h3", { text: turn.text }),
    h(
      "dl",
      { class: "way-facts" },
      fact(t("glass.understoodBy"), route),
      fact(t("talk.confidence"), turn.confidence !== null && `${Math.round(turn.confidence * 100)} %`),
      fact(t("glass.kind"), turn.escalation && tWord("escalation", turn.escalation)),
      fact(t("talk.total"), turn.latencyMs ? milliseconds(turn.latencyMs["total"] ?? 0) : null),
      fact(
        t("stage.endpoint"),
        endpoint &&
          [
            endpoint.name,
            endpoint.model,
            endpoint.cost !== null && `¥${endpoint.cost}`,
            endpoint.tries > 1 && `${endpoint.tries} ${t("talk.tries")}`,
          ]
            .filter(Boolean)
            .join(" · "),
      ),
    ),
    bars(turn),
    callSteps(turn, store),
  );
  if (turn.reasoning) root.append(h("p", { class: "way-reason", text: turn.reasoning }));
  if (turn.thought)
    root.append(h("details", { class: "thought" }, h("summary", { text: t("talk.thought") }), h("p", { text: turn.thought })));
  root.append(
    h(
      "ol",
      { class: "way-marks" },
      ...turn.marks.map((mark) =>
        h("li", {}, h("b", { text: `+${mark.at.toFixed(0)} ms` }), h("code", { text: mark.kind }), h("span", { text: mark.detail })),
      ),
    ),
  );
  return root;
}
