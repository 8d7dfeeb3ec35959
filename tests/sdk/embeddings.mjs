// Embeddings: the official SDK reads the vectors that `aid replay` makes, and `aid search` those of a server that others wrote.
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import OpenAI from "openai";
import { replay } from "./client.mjs";

const AID = process.env.AID, WORK = process.env.SDK_WORK;
const meanings = [["invoice", "owe"], ["crash", "die"]];
const texts = ["an invoice", "it will die", "größer — 日本語"];
const same = (what, a, b) => JSON.stringify(a) === JSON.stringify(b) ? [] : [`${what}: ${JSON.stringify(a)}, not ${JSON.stringify(b)}`];

// What the SDK asks for by itself is base64, which it decodes: the same numbers as in a list of them, as far as a float tells them.
async function read_by_sdk(report) {
  const server = await replay([{ match: { path: "/embeddings" }, times: 0, embeddings: { dimensions: 5, meanings } }]);
  const client = new OpenAI({ baseURL: `${server.base}/v1`, apiKey: "k", maxRetries: 0 });
  const plain = await client.embeddings.create({ model: "m", input: texts });
  const listed = await client.embeddings.create({ model: "m", input: texts, encoding_format: "float" });
  const numbers = r => r.data.map(d => Array.from(d.embedding, x => Math.fround(x)));
  report("openai reads the vectors of aid replay", [
    ...same("vectors", numbers(plain), numbers(listed)), ...same("indexes", plain.data.map(d => d.index), [0, 1, 2]),
    ...same("lengths", plain.data.map(d => d.embedding.length), [5, 5, 5]), ...same("model", plain.model, "m"),
    ...same("meanings", numbers(plain).map(v => v.slice(0, 2).map(Math.round)), [[1, 0], [0, 1], [0, 0]]),
  ]);
  const wrong = await client.embeddings.create({ model: "m", input: [] }).then(() => "no error", e => e.status);
  report("openai is refused an empty input by aid replay", same("status", wrong, 400));
  server.stop();
}

function search(home, root, args) {
  return new Promise((done, fail) => {
    const env = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, XDG_STATE_HOME: home, TEST_KEY: "k" };
    const child = spawn(AID, ["search", "--json", ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const out = [], err = [], timer = setTimeout(() => child.kill(), 30000);
    child.stdout.on("data", d => out.push(d));
    child.stderr.on("data", d => err.push(d));
    child.on("error", fail);
    child.on("close", () => {
      clearTimeout(timer);
      try { done({ found: JSON.parse(Buffer.concat(out)), said: Buffer.concat(err).toString() }); } catch (e) { fail(new Error(Buffer.concat(err).toString())); }
    });
  });
}

// The same text has the same vector there, and another an unlike one: so the file that is the question is found by its meaning, whatever
// the words say.
async function asked_of_aimock(report) {
  const { LLMock } = await import("@copilotkit/aimock");
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  await mock.start();
  const home = path.join(WORK, "embedding-home"), root = path.join(WORK, "embedded");
  fs.mkdirSync(path.join(home, "aid"), { recursive: true });
  fs.mkdirSync(root);
  const settings = (model, more = {}) => fs.writeFileSync(path.join(home, "aid", "config.json"), JSON.stringify({
    providers: { them: { url: `${mock.url}/v1`, key_env: "TEST_KEY", retries: 0 } }, embeddings: { provider: "them", model, ...more } }));
  settings("text-embedding-3-small");
  for (let i = 0; i < 90; i++) fs.writeFileSync(path.join(root, `note${i}.txt`), `Of the and to ${"abcdefghij"[i % 10]}${i}.\n`);
  const first = await search(home, root, ["--embed", "Of the and to h37."]);
  const [best] = first.found.files;
  report("aimock's vectors of all passages are kept", [
    ...same("with", [first.found.meaning.with, first.found.meaning.passages, first.found.meaning.used], [90, 90, true]),
    ...same("error", first.found.meaning.error, null)]);
  report("aimock's vector of a question finds its like", [...same("file", [best.path, best.reason], ["note37.txt", "similar in meaning"])]);
  const again = await search(home, root, ["--embed", "Of the and to h37."]);
  report("aimock is asked once for a passage", same("requests", mock.getRequests().filter(r => r.path === "/v1/embeddings").length, 3 + 2)
    .concat(same("found", again.found.files[0].path, "note37.txt")));
  settings("text-embedding-3-small", { dimensions: 256 });
  const shorter = await search(home, root, ["--embed", "Of the and to h37."]);
  report("aimock makes vectors of the length that is set", same("dimensions", [shorter.found.meaning.dimensions, shorter.found.meaning.with], [256, 90]));
  mock.onEmbedding(/./, { error: { message: "the key is wrong", type: "authentication_error" }, status: 401 });
  settings("another");
  const refused = await search(home, root, ["--embed", "Of the and to h37."]);
  report("aimock's refusal is told, and the search goes on", [
    ...(refused.said.includes("the key is wrong") ? [] : [refused.said]), ...same("used", refused.found.meaning.used, false)]);
  await mock.stop();
}

export async function embeddings(report, with_aimock) {
  await read_by_sdk(report);
  if (with_aimock) await asked_of_aimock(report);
}
