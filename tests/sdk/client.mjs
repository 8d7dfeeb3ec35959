// AID's own side: `aid replay` with a script, and `aid ask --json` put into the shape that the judges give.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const AID = process.env.AID, WORK = process.env.SDK_WORK;
let number = 0;

// Servers end with this process, however it ends.
const servers = new Set();
process.on("exit", () => servers.forEach(child => child.kill()));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

// The port once FILE has it.
async function port_in(file, child) {
  for (let i = 0; i < 400; i++) {
    if (fs.existsSync(file) && fs.statSync(file).size) return Number(fs.readFileSync(file, "utf8"));
    if (child.exitCode !== null) break;
    await new Promise(done => setTimeout(done, 25));
  }
  throw new Error("aid replay does not listen");
}

// Plays EXCHANGES until the returned stop() is called.
export async function replay(exchanges, options = []) {
  const name = path.join(WORK, `replay-${number++}`);
  fs.writeFileSync(`${name}.json`, JSON.stringify({ format: "aid-replay-1", exchanges }));
  const child = spawn(AID, ["replay", "--ready-file", `${name}.port`, ...options, `${name}.json`], { stdio: ["ignore", "ignore", "inherit"] });
  servers.add(child);
  const port = await port_in(`${name}.port`, child);
  return { base: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

// A folder with settings in which each of WIRES is a model of that name, served at BASE.
export function settings(base, wires, model = "sample") {
  const home = path.join(WORK, `home-${number++}`), all = { model: "openai-chat", models: {}, providers: {} };
  for (const [name, wire] of Object.entries(wires)) {
    all.models[name] = { provider: `${name}-server`, name: model };
    all.providers[`${name}-server`] = { wire: name, url: base + wire.path, retries: 0 };
  }
  fs.mkdirSync(path.join(home, "aid"), { recursive: true });
  fs.writeFileSync(path.join(home, "aid", "config.json"), JSON.stringify(all));
  return home;
}

function understood(events) {
  const pieces = kind => events.filter(e => e.event === kind).map(e => e.text).join("");
  const end = events.find(e => e.event === "done" || e.event === "error");
  const r = { text: pieces("text"), reasoning: pieces("reasoning") };
  if (!end) return { ...r, error: "no event ends the answer" };
  if (end.event === "error") return { text: r.text, error: end.message, code: end.code };
  r.tools = (end.tools ?? []).map(t => ({ name: t.name, id: t.id, arguments: JSON.parse(t.arguments) }));
  r.usage = { in: end.in, cached: end.cached, out: end.out, reasoning: end.reasoning };
  return { ...r, stop: end.stop, word: end.stop_words };
}

export function ask(home, wire, question, options = []) {
  return new Promise((done, fail) => {
    const env = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, XDG_DATA_HOME: home, XDG_STATE_HOME: home };
    const child = spawn(AID, ["ask", "--json", "--only", "-m", wire, ...options, question], { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] });
    const out = [], err = [], timer = setTimeout(() => child.kill(), 30000);
    child.stdout.on("data", d => out.push(d));
    child.stderr.on("data", d => err.push(d));
    child.on("error", fail);
    child.on("close", () => {
      clearTimeout(timer);
      const lines = Buffer.concat(out).toString().split("\n").filter(Boolean);
      const said = Buffer.concat(err).toString();
      if (!lines.length || /Sanitizer|runtime error:/.test(said)) fail(new Error(`aid ask: ${said}`));
      else done(understood(lines.map(l => JSON.parse(l))));
    });
  });
}

// F of every item, AT_ONCE at a time; the results in the items' order.
export async function each(items, f, at_once = 4) {
  const results = [];
  let next = 0;
  const work = async () => { while (next < items.length) { const i = next++; results[i] = await f(items[i]); } };
  await Promise.all(Array.from({ length: at_once }, work));
  return results;
}
