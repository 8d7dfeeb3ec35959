// usage: node main.mjs [PART...]      Each case is a line "ok NAME" or "not ok NAME", what differs below it behind "#".
import fs from "node:fs";
import { wires } from "./judges.mjs";
import { replay, settings, ask, each } from "./client.mjs";

const here = new URL(".", import.meta.url);
const script = name => JSON.parse(fs.readFileSync(new URL(`scripts/${name}.json`, here))).exchanges;
const is_for = (x, wire) => !x.match.path || wire.asks[0].endsWith(x.match.path);
const question_of = x => x.match.question;
const short = v => JSON.stringify(v)?.slice(0, 600);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
let failed = 0;

// WRONG: what differs, a line each.
function report(name, wrong) {
  console.log(`${wrong.length ? "not ok" : "ok"} ${name}`);
  for (const line of wrong.slice(0, 12)) console.log(`#   ${line}`);
  if (wrong.length) failed++;
}

// --- whole answers and errors: what the SDK says is right ------------------------------------------------------------

// Only counts that the SDK's format tells are compared.
function differences(ours, theirs, wire) {
  const wrong = [], unlike = (what, a, b) => { if (!same(a, b)) wrong.push(`${what}: ours ${short(a)}, the SDK's ${short(b)}`); };
  if (!!ours.error !== !!theirs.error) return [`error: ours ${short(ours)}, the SDK's ${short(theirs)}`];
  if (ours.error) return wrong;
  for (const what of ["text", "reasoning", "word"]) unlike(what, ours[what], theirs[what]);
  const plain = t => wire.ids ? [t.name, t.id, t.arguments] : [t.name, t.arguments];
  unlike("tools", ours.tools.map(plain), theirs.tools.map(plain));
  for (const [what, n] of Object.entries(theirs.usage ?? {})) if (n !== undefined) unlike(`usage ${what}`, ours.usage[what], n);
  return wrong;
}

// Our words for how an answer ended, by the SDK's.
const stops = {
  stop: "end", length: "length", tool_calls: "tools", content_filter: "filter",
  completed: "end", "incomplete: max_output_tokens": "length", "incomplete: content_filter": "filter",
  end_turn: "end", max_tokens: "length", stop_sequence: "sequence", tool_use: "tools", refusal: "refusal", pause_turn: "pause",
  model_context_window_exceeded: "context",
  STOP: "end", MAX_TOKENS: "length", SAFETY: "filter", RECITATION: "filter", LANGUAGE: "filter", BLOCKLIST: "filter", PROHIBITED_CONTENT: "filter", SPII: "filter",
};
function right_stop(ours, theirs, exchange, wire) {
  const refused = exchange.answer.refusal && theirs.word !== "SAFETY";
  const expected = theirs.tools.length && /^(stop|completed|STOP)$/.test(theirs.word) ? "tools" : stops[theirs.word] ?? wire.unknown;
  if (expected === ours.stop || (refused && ours.stop === "refusal")) return [];
  return [`stop: ours ${ours.stop}, not ${expected} for ${theirs.word}`];
}

// @google/genai takes U+2028 for the end of a line and throws; the other four, and the format's own grammar, do not.
const misread = { gemini: ["[separator]"] };

async function answers() {
  const exchanges = script("answers"), server = await replay(exchanges), home = settings(server.base, wires);
  for (const [name, wire] of Object.entries(wires)) {
    const mine = exchanges.filter(x => is_for(x, wire));
    const wrong = await each(mine, async x => {
      const ours = await ask(home, name, question_of(x)), text = (x.answer.text ?? "") + (x.answer.refusal ?? "");
      const lines = ours.text === text ? [] : [`text: ours ${short(ours.text)}, the script's ${short(text)}`];
      if (misread[name]?.includes(question_of(x))) return lines;
      const theirs = await wire.judge(server.base, question_of(x));
      lines.push(...differences(ours, theirs, wire));
      if (theirs.error) lines.push(`the SDK throws: ${theirs.error}`);
      else if (!lines.length) lines.push(...right_stop(ours, theirs, x, wire));
      return lines;
    });
    mine.forEach((x, i) => report(`${name} ${question_of(x)}: ${x.about}`, wrong[i]));
  }
  server.stop();
}

async function errors() {
  const exchanges = script("errors"), server = await replay(exchanges), home = settings(server.base, wires);
  for (const [name, wire] of Object.entries(wires)) {
    const mine = exchanges.filter(x => is_for(x, wire)), all = await each(mine, async x => {
      const ours = await ask(home, name, question_of(x)), theirs = await wire.judge(server.base, question_of(x)), wrong = [];
      if (!theirs.error) wrong.push(`the SDK does not throw: ${short(theirs)}`);
      if (!ours.error) wrong.push(`we see no error: ${short(ours)}`);
      if (x.error && !ours.error?.includes(x.error.message)) wrong.push(`our message does not have the server's: ${ours.error}`);
      if (x.answer && ours.text !== (x.answer.text ?? "")) wrong.push(`what came before the error: ${short(ours.text)}`);
      if (theirs.status && theirs.status !== (x.status ?? theirs.status)) wrong.push(`the SDK's status is ${theirs.status}`);
      return wrong;
    });
    mine.forEach((x, i) => report(`${name} ${question_of(x)}: ${x.about ?? x.status ?? "in the stream"}, an error for both`, all[i]));
  }
  server.stop();
}

// --- disconnects ------------------------------------------------------------------------------------------------------

const BREAK = { reasoning: "Two files.", text: "I read both.", usage: { input: 5, output: 9 },
                tools: [{ id: "call_1", name: "read", arguments: { path: "a.c" } }, { id: "call_2", name: "list", arguments: {} }] };
async function frames_of(base, wire) {
  const [at, body] = wire.asks;
  const reply = await fetch(base + at, { method: "POST", body: JSON.stringify(body) });
  return (await reply.text()).split(wire.frame).length - 1;
}

async function disconnects() {
  const whole = await replay([{ times: 0, answer: BREAK }]), exchanges = [], cases = [];
  for (const [name, wire] of Object.entries(wires)) {
    const frames = await frames_of(whole.base, wire);
    for (const close of ["end", "early", "reset"])
      // A reset may take away what has been sent; after the last frame it may or may not.
      for (let after = 0; after <= (close === "reset" ? frames - 1 : frames); after++) {
        const question = `[${name} ${close} ${after}]`;
        exchanges.push({ times: 0, match: { question }, answer: BREAK, close, after });
        cases.push({ name, wire, close, after, frames, question });
      }
  }
  whole.stop();
  const server = await replay(exchanges), home = settings(server.base, wires);
  const wrong = await each(cases, async c => {
    const ours = await ask(home, c.name, c.question), theirs = await c.wire.judge(server.base, c.question);
    const lines = differences(ours, theirs, c.wire);
    if (c.close === "end" && ours.error && ours.text !== theirs.text) lines.push(`text: ours ${short(ours.text)}, the SDK's ${short(theirs.text)}`);
    return lines.map(l => `after ${c.after} of ${c.frames}: ${l}`);
  });
  for (const name of Object.keys(wires))
    for (const close of ["end", "early", "reset"])
      report(`${name}: ${close} after each frame, as the SDK sees it`, wrong.filter((_, i) => cases[i].name === name && cases[i].close === close).flat());
  server.stop();
}

// --- how the bytes are cut does not matter ----------------------------------------------------------------------------

// Escaped as jansson does not write it: every character by \u, pairs of surrogates and all.
const escaped = s => JSON.stringify(s).replace(/[^\x00-\x7f]|[a-z]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const said = escaped("naïve 日本語 😀");
const escapes = [
  ["/chat/completions", `data: {"choices":[{"index":0,"delta":{"content":${said}},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`],
  ["/responses", `data: {"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":${said}}\n\n` +
    `data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[]}}\n\n`],
  ["/messages", `data: {"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":1,"output_tokens":1}}}\n\n` +
    `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n` +
    `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${said}}}\n\ndata: {"type":"content_block_stop","index":0}\n\n` +
    `data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\n\ndata: {"type":"message_stop"}\n\n`],
  ["/v1beta/models/sample:streamGenerateContent", `data: {"candidates":[{"content":{"parts":[{"text":${said}}]},"finishReason":"STOP"}]}\n\n`],
  ["/api/chat", `{"message":{"role":"assistant","content":${said}},"done":true,"done_reason":"stop"}\n`],
].map(([at, data]) => ({ times: 0, match: { path: at, question: "[escapes]" }, chunks: [{ data }] }));

async function splits() {
  const all = [...script("answers"), ...script("errors"), ...escapes];
  const questions = [...new Set(all.map(question_of))];
  const cases = Object.keys(wires).flatMap(name => questions.map(question => ({ name, question })));
  const read = {};
  for (const how of ["whole", "bytes", "utf8"]) {
    const server = await replay(all, how === "whole" ? [] : ["--split", how]), home = settings(server.base, wires);
    read[how] = await each(cases, c => ask(home, c.name, c.question));
    server.stop();
  }
  for (const how of ["bytes", "utf8"])
    for (const name of Object.keys(wires))
      report(`${name}: every script split into ${how} is the same conversation`, cases.flatMap((c, i) =>
        c.name !== name || same(read.whole[i], read[how][i]) ? [] : [`${c.question}: whole ${short(read.whole[i])}, split ${short(read[how][i])}`]));
  report("escapes of every character are read in all formats", cases.flatMap((c, i) =>
    c.question !== "[escapes]" || read.whole[i].text === "naïve 日本語 😀" ? [] : [`${c.name}: ${short(read.whole[i])}`]));
}

// --- a server that others wrote ---------------------------------------------------------------------------------------

const [major, minor] = process.versions.node.split(".").map(Number);
const runs_aimock = major > 20 || (major === 20 && minor >= 15);

async function embeddings() {
  const part = await import("./embeddings.mjs");
  await part.embeddings(report, runs_aimock);
}

async function schemas() {
  const part = await import("./schemas.mjs");
  await part.schemas(report, wires);
}

async function aimock() {
  if (!runs_aimock) return console.log("ok sdk-aimock # skip it wants node 20.15");
  const { strangers } = await import("./strangers.mjs");
  await strangers(report);
}

const parts = { answers, errors, disconnects, splits, embeddings, schemas, aimock };
for (const part of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) await parts[part]();
process.exit(failed ? 1 : 0);
