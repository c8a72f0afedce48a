// The car as a provider: OpenAI's own client talks to the real program, behind which a scripted endpoint plays the large model. Skipped
// where the program is not built.

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { realProgram, startServer } from "../../hmi/dev/browser.mjs";

const { OpenAI } = createRequire(new URL("../../hmi/package.json", import.meta.url))("openai");
const skip = realProgram() === null && "build/deepcabin is not there";
const KEYS = { maps: "maps-0123456789abcdef", kids: "kids-0123456789abcdef" };
const USAGE = { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16, prompt_cache_hit_tokens: 3 };

// What the endpoint says, by what the person said last.
const SCRIPTS = {
  hello: [{ role: "assistant", content: "你" }, { content: "好" }],
  think: [{ reasoning_content: "先想" }, { reasoning_content: "一想" }, { content: "四十二" }],
  tool: [
    { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "open_window", arguments: "" } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"zone":' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '"row1.left"}' } }] },
  ],
};

const directory = mkdtempSync(join(tmpdir(), "deepcabin-openai-"));
const requests = [];
let endpoint;
let server;
let hungUp;  // resolves when somebody left the endpoint that never ends

function clientOf(apiKey) {
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0, timeout: 20_000 });
}

function ask(text, more = {}, key = KEYS.maps, options = {}) {
  return clientOf(key).chat.completions.create({ model: "auto", messages: [{ role: "user", content: text }], ...more }, options);
}

async function startEndpoint() {
  let leave;
  hungUp = new Promise((resolve) => (leave = resolve));
  endpoint = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const asked = JSON.parse(body);
    requests.push(asked);
    const text = asked.messages.at(-1).content;
    if (text === "fail") return response.writeHead(400, { "Content-Type": "application/json" }).end('{"error":{"message":"no"}}');
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (event) => response.write(`data: ${JSON.stringify({ id: "x", model: "scripted", ...event })}\n\n`);
    const say = (delta, finish_reason = null) => send({ choices: [{ index: 0, delta, finish_reason }] });
    if (text === "for ever") {
      response.on("close", leave);
      const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : say({ content: "…" })), 20);
      return;
    }
    for (const delta of SCRIPTS[text]) say(delta);
    say({}, text === "tool" ? "tool_calls" : "stop");
    send({ choices: [], usage: USAGE });
    response.end("data: [DONE]\n\n");
  });
  endpoint.listen(0, "127.0.0.1");
  await once(endpoint, "listening");
}

before(async () => {
  if (skip) return;
  await startEndpoint();
  const models = join(directory, "models.yaml");
  writeFileSync(models, `models:
  - name: scripted
    dialect: deepseek
    url: http://127.0.0.1:${endpoint.address().port}/v1
    model: scripted-r1
    outbound: full
`);
  const keys = join(directory, "clients.yaml");
  writeFileSync(keys, `clients:\n  - {name: maps, key: ${KEYS.maps}}\n  - {name: kids, key: ${KEYS.kids}, requests_per_minute: 1}\n`);
  chmodSync(keys, 0o600);
  server = await startServer({ args: ["--client-keys", keys], env: { DEEPCABIN_MODELS: models, HOME: directory } });
});

after(async () => {
  await server?.stop();
  endpoint?.closeAllConnections();
  endpoint?.close();
  rmSync(directory, { recursive: true, force: true });
});

test("an answer as a whole", { skip }, async () => {
  const answer = await ask("hello");
  assert.equal(answer.choices[0].message.content, "你好");
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.equal(answer.usage.total_tokens, 16);
  assert.equal(answer.usage.prompt_tokens_details.cached_tokens, 3);
  assert.equal(answer.answered_by.endpoint, "scripted");
});

test("a stream, with its usage at the end", { skip }, async () => {
  let text = "";
  let usage;
  for await (const chunk of await ask("hello", { stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, "你好");
  assert.equal(usage.completion_tokens, 5);
});

test("reasoning is a channel of its own", { skip }, async () => {
  let content = "";
  let reasoning = "";
  for await (const chunk of await ask("think", { stream: true, reasoning_effort: "high" })) {
    content += chunk.choices[0]?.delta.content ?? "";
    reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
  }
  assert.equal(content, "四十二");
  assert.equal(reasoning, "先想一想");
  assert.deepEqual(requests.at(-1).thinking, { type: "enabled" });
  assert.equal((await ask("think")).choices[0].message.reasoning_content, "先想一想");
});

test("tools are offered, called, and answered", { skip }, async () => {
  const parameters = { type: "object", properties: { zone: { type: "string" } } };
  const tools = [{ type: "function", function: { name: "open_window", description: "opens", parameters } }];
  const runner = clientOf(KEYS.maps).chat.completions.stream({ model: "auto", messages: [{ role: "user", content: "tool" }], tools });
  const message = await runner.finalMessage();
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { zone: "row1.left" });
  assert.equal(message.tool_calls[0].function.name, "open_window");
  assert.equal(requests.at(-1).tools[0].function.parameters.properties.zone.type, "string");
  const whole = await ask("tool", { tools });
  assert.equal(whole.choices[0].finish_reason, "tool_calls");
  await ask("hello", { tools, messages: [
    { role: "user", content: "tool" },
    { role: "assistant", content: null, tool_calls: whole.choices[0].message.tool_calls },
    { role: "tool", tool_call_id: "call_1", content: "done" },
    { role: "user", content: "hello" },
  ] });
  assert.equal(requests.at(-1).messages.find((m) => m.role === "tool").tool_call_id, "call_1");
});

test("models are listed and found by their names", { skip }, async () => {
  const ids = [];
  for await (const model of await clientOf(KEYS.maps).models.list()) ids.push(model.id);
  assert.deepEqual(ids, ["auto", "scripted"]);
  assert.equal((await ask("hello", { model: "scripted-r1" })).choices[0].message.content, "你好");
  await assert.rejects(ask("hello", { model: "gpt-4o" }), { constructor: OpenAI.NotFoundError, code: "model_not_found" });
});

test("a wrong key is 401", { skip }, async () => {
  await assert.rejects(ask("hello", {}, "sk-wrong-wrong-wrong"), { constructor: OpenAI.AuthenticationError, code: "invalid_api_key" });
});

test("past its quota a client hears 429, and others go on", { skip }, async () => {
  // Twice more than the minute may hold, so that a minute that ends in between does not matter.
  const answers = await Promise.allSettled([1, 2, 3].map(() => ask("hello", {}, KEYS.kids)));
  const refused = answers.filter((answer) => answer.status === "rejected").map((answer) => answer.reason);
  assert.ok(refused.length >= 1);
  for (const error of refused) {
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.equal(error.type, "rate_limit_error");
    assert.ok(Number(error.headers.get("retry-after")) >= 1);
  }
  assert.equal((await ask("hello")).choices[0].message.content, "你好");
});

test("what the endpoint refuses is an error, not an answer", { skip }, async () => {
  await assert.rejects(ask("fail"), { constructor: OpenAI.BadRequestError, type: "invalid_request_error" });
  await assert.rejects(ask("fail", { stream: true }), OpenAI.BadRequestError);
  await assert.rejects(ask("hello", { n: 2 }), OpenAI.BadRequestError);
});

test("who goes away is not worked for any more", { skip }, async () => {
  const stream = await ask("for ever", { stream: true });
  for await (const chunk of stream) {
    assert.ok(chunk.choices[0].delta.content.startsWith("…"));
    break;  // the client aborts the request
  }
  await hungUp;
});
