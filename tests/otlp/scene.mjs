// What the cases share: a home of their own, the command, events to record, and how a case is told.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { receiver } from "./receiver.mjs";

export const { AID, OTLP_EVENTS, OTLP_WORK } = process.env;
let homes = 0, bad = 0;
const wanted = process.argv.slice(2);

/** Runs PROGRAM; gives {status, out, err, child} when it has ended. */
function run (program, args, env, { input, cwd, started } = {}) {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env, cwd });
    const result = { out: "", err: "", child };
    child.stdout.on("data", (chunk) => { result.out += chunk; });
    child.stderr.on("data", (chunk) => { result.err += chunk; });
    child.on("error", failed);
    child.on("close", (status, signal) => done({ ...result, status: status ?? signal }));
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    started?.(child);
  });
}

/** A home with a receiver. */
export async function scene () {
  const home = path.join(OTLP_WORK, `home${++homes}`);
  fs.mkdirSync(path.join(home, "config/aid"), { recursive: true });
  const r = await receiver();
  const env = {
    PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: `${home}/config`, XDG_STATE_HOME: `${home}/state`, XDG_CACHE_HOME: `${home}/cache`,
    OTEL_EXPORTER_OTLP_ENDPOINT: r.url, LC_ALL: "C.UTF-8", ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? "",
  };
  return {
    home, r, env,
    config: (settings) => fs.writeFileSync(`${home}/config/aid/config.json`, JSON.stringify(settings)),
    record: async (...lines) => {
      const told = await run(OTLP_EVENTS, [], env, { input: lines.map((line) => `${JSON.stringify(line)}\n`).join("") });
      assert.equal(told.status, 0, told.err);
    },
    aid: (args, more = {}, options = {}) => run(AID, args, { ...env, ...more }, { cwd: home, ...options }),
    run: (program, args, more = {}, options = {}) => run(program, args, { ...env, ...more }, { cwd: home, ...options }),
    send: (more = {}, ...args) => run(AID, ["metrics", "export", "--otlp", ...args], { ...env, ...more }, { cwd: home }),
    end: () => r.close(),
  };
}

const request = (name, fields = {}) => ({
  kind: "request", request: name, root: "/tmp", chat: "k3y",
  fields: {
    model: "m", name: "sample-1", provider: "mistral", strategy: "edit", core: "0", in: 1000, cached: 100, out: 200, reasoning: 50,
    cost: 0.0125, ms: 1500, first_ms: 300, retries: 1, outcome: "done", stop: "end", chars: 900, ...fields,
  },
});

/** One event of each kind, of one request, and a failed one. */
export const everything = () => [
  { kind: "exposure", request: "k3y r1", root: "/tmp", fields: { experiment: "shorter", variant: "new", reason: "SPLIT", unit: "secret-person", version: "v1" } },
  { kind: "context", request: "k3y r1", root: "/tmp", chat: "k3y", fields: { item: "file", by: "person", items: 2, tokens: 700 } },
  { kind: "context", request: "k3y r1", root: "/tmp", chat: "k3y", fields: { item: "symbol", by: "strategy", items: 1, tokens: 70 } },
  { ...request("k3y r1"), content: { chat: "# secret-question", answer: "secret-answer" } },
  { kind: "patch", request: "k3y r1", root: "/tmp", fields: { format: "unified", blocks: 1, files: 1, hunks: 3, exact: 1, shifted: 1, refused: 1, ms: 12 } },
  { kind: "decision", request: "k3y r1", root: "/tmp", chat: "k3y", path: "secret.c", language: "c", hunk: "k3y r1 1", content: { hunk: "secret-hunk" },
    fields: { decision: "accepted", op: "modify", method: "shifted", shift: -3, similarity: 0.75, inserted: 120, deleted: 20 } },
  { kind: "decision", request: "k3y r1", root: "/tmp", chat: "k3y", path: "secret.c", language: "c", hunk: "k3y r1 2",
    fields: { decision: "rejected", op: "modify", inserted: 40, deleted: 0 } },
  { kind: "build", root: "/tmp", fields: { what: "test", status: "green", before: "red", errors: 0, warnings: 2, code: 0, ms: 4000 } },
  { kind: "stayed", request: "k3y r1", root: "/tmp", language: "c", hunk: "k3y r1 1", fields: { when: "30s", after_s: 30, chars: 120, kept: 90, how: "changes" } },
  { kind: "decision", request: "k3y r1", root: "/tmp", language: "c", hunk: "k3y r1 1", fields: { decision: "undone", was: "accepted", inserted: 120, deleted: 20 } },
  { kind: "typed", root: "/tmp", language: "c", fields: { chars: 333, seconds: 60 } },
  request("k3y r2", { outcome: "failed", error: "http", stop: "none", out: -1, cost: -1 }),
];
export const SPANS = 8; // of those: 2 requests, patch, 3 decisions, build, stayed

export const builds = (n) =>
  Array.from({ length: n }, (_, i) => ({ kind: "build", root: "/tmp", fields: { what: "build", status: i % 2 ? "red" : "green", ms: i + 1 } }));
export const some = (n) => Array.from({ length: n }, (_, i) => request(`k3y s${i}`));

/** A server of the Chat Completions API that answers "42", and tells the headers that it gets. */
export async function model () {
  const seen = [];
  const server = http.createServer((request, response) => {
    request.resume().on("end", () => {
      seen.push(request.headers);
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end('data: {"choices":[{"index":0,"delta":{"content":"42"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  const settings = { model: "p/x", providers: { p: { wire: "openai-chat", url: `http://127.0.0.1:${server.address().port}/v1` } } };
  return { seen, settings, close: () => { server.closeAllConnections?.(); server.close(); } };
}

/** Runs FN (scene) as the case NAME. */
export async function test (name, fn) {
  if (wanted.length && !wanted.some((word) => name.includes(word))) return;
  const s = await scene();
  try {
    await fn(s);
    assert.deepEqual(s.r.problems, [], "the receiver found nothing wrong");
    console.log(`ok otlp: ${name}`);
  } catch (error) {
    bad = 1;
    console.log(`not ok otlp: ${name}\n${String(error.stack ?? error).replace(/^/gm, "# ")}`);
  } finally {
    s.end();
  }
}
export const skip = (name, why) => console.log(`ok otlp: ${name} # skip ${why}`);
export const finish = () => { process.exitCode = bad; };
export { assert, fs, path };
