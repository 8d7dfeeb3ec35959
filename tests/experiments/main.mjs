// Compares our assignment with that of GrowthBook's npm package: its class GrowthBook, run as a program would run it.
// usage: node main.mjs BATCH [COUNT [SEED]]
import { GrowthBook } from "@growthbook/growthbook";
import { spawnSync } from "node:child_process";

const [batch, count = "100000", seed = "1"] = process.argv.slice(2);

// A generator of our own (mulberry32), so that a failure can be repeated.
let state = Number(seed) >>> 0;
function random () {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const alphabets = [
  "abcdefghijklmnopqrstuvwxyz0123456789-_",
  "äöüßéñçøåÆŁžđ",
  "日本語中文한국어ไทยहिन्दीעבריתالعربية",
  "😀👩‍👩‍👧🏳️‍🌈🇺🇦🧑🏽‍💻𝔘𐍈💯",
  "\u0000\u0001\t\n \u007f\u0080\u00a0\u200b\u2028\ufeff\ufffd\uffff",
];
function text (most) {
  let out = "";
  for (let n = 1 + below(most); n > 0; n--)
    out += random() < 0.05 ? String.fromCodePoint(pick([below(0xd800), 0xe000 + below(0x102000)])) : pick([...pick(alphabets)]);
  return out;
}
// What is no UTF-8: JavaScript sees it as a TextDecoder has it.
function bytes (most) {
  const out = Buffer.alloc(1 + below(most));
  for (let i = 0; i < out.length; i++)
    out[i] = random() < 0.5 ? pick([0xc0, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0xf5, 0xff, 0x80, 0x9f, 0xa0, 0xbf]) : below(256);
  return out;
}

const share = () => pick([0, 1, 0.5, 0.1, 1 / 3, below(1001) / 1000, random(), random() * 1e-3]);
function weights (n) {
  const kind = below(6);
  if (kind === 0) return null;
  const out = Array.from({ length: n }, () => (random() < 0.1 ? 0 : random()));
  const total = out.reduce((a, b) => a + b, 0) || 1;
  if (kind === 1) return out; // adds up to anything: taken for equal
  if (kind === 2) return out.map((w) => Math.round((w / total) * 100) / 100); // adds up to about 1
  if (kind === 3) return out.map((w) => (w / total) * pick([0.99, 1.01, 0.9899999, 1.0100001])); // at the edges of "about"
  return out.map((w) => w / total);
}

const hex = (value) => Buffer.from(value).toString("hex");
const cases = [];
for (let i = 0; i < Number(count); i++) {
  const foreign = random() < 0.1;
  const raw = foreign ? bytes(12) : Buffer.from(text(16));
  const n = 2 + below(random() < 0.1 ? 60 : 5);
  cases.push({
    value: new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw),
    raw,
    seed: text(12),
    space: text(6),
    from: share(),
    to: share(),
    inSpace: random() < 0.3,
    n,
    coverage: pick([1, share(), -0.5, 1.5]),
    weights: weights(n),
  });
}

const input = cases.map((c) => JSON.stringify({
  seed: hex(c.seed), value: hex(c.raw), space: hex(c.space), from: c.from, to: c.to, n: c.n, coverage: c.coverage, weights: c.weights,
})).join("\n") + "\n";
const run = spawnSync(batch, [], { input, maxBuffer: 1 << 28, encoding: "latin1" });
if (run.status !== 0) throw new Error(`${batch} ended with ${run.status ?? run.signal}: ${run.stderr}`);
const ours = run.stdout.trimEnd().split("\n").map((line) => line.split(" ").map(Number));

console.error = () => {}; // the package tells of weights and coverages that we give it on purpose
function theirs (c) {
  const gb = new GrowthBook({ attributes: { id: c.value } });
  const experiment = {
    key: "key", seed: c.seed, hashVersion: 2, hashAttribute: "id", variations: Array.from({ length: c.n }, (_, i) => i),
    coverage: c.coverage,
  };
  if (c.weights) experiment.weights = c.weights;
  if (c.inSpace) experiment.namespace = [c.space, c.from, c.to];
  return gb.run(experiment);
}

const wrong = { bucket: 0, variant: 0 };
const seen = { in: 0, out: 0, space: 0, foreign: 0 };
cases.forEach((c, i) => {
  const [x, variant, inside] = ours[i];
  const result = theirs(c);
  const expected = result.inExperiment ? result.variationId : -1;
  const got = c.inSpace && !inside ? -1 : variant;
  if (result.inExperiment && result.bucket !== x) wrong.bucket++;
  if (expected !== got) wrong.variant++;
  if ((expected !== got || (result.inExperiment && result.bucket !== x)) && wrong.bucket + wrong.variant < 5)
    console.log("# " + JSON.stringify({ ...c, raw: c.raw.toString("hex"), expected, got, bucket: result.bucket, x }));
  seen[result.inExperiment ? "in" : "out"]++;
  seen.space += c.inSpace && inside;
  seen.foreign += c.value !== c.raw.toString("latin1") && c.raw.some((b) => b > 127);
});

const told = `${ours.length} inputs, ${seen.in} in, ${seen.out} out, ${seen.space} by a namespace, ${seen.foreign} not ASCII`;
function check (name, good) { console.log(`${good ? "ok" : "not ok"} ${name} (${told})`); if (!good) process.exitCode = 1; }
// A run in which nobody is in, or nobody out, would show nothing.
check("the inputs are of every kind", ours.length === Number(count) && seen.in > ours.length / 10 && seen.out > ours.length / 10
  && seen.space > ours.length / 100 && seen.foreign > ours.length / 10);
check("buckets equal GrowthBook's bit for bit", wrong.bucket === 0);
check("variants equal GrowthBook's", wrong.variant === 0);
