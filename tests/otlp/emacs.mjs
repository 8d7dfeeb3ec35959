// An Emacs that exports: from a thread of the core, which ends with it, at once.
import { assert, fs, model, skip, test } from "./scene.mjs";
import { metricsOf } from "./strict.mjs";

const { OTLP_EMACS, OTLP_SOURCE } = process.env;
const delays = { OTEL_BSP_SCHEDULE_DELAY: "20", OTEL_METRIC_EXPORT_INTERVAL: "20" };

/** An Emacs that records: {tell (name), said (pattern), ended}. */
function emacs (s, more = {}) {
  let words = "", child;
  const waiters = [];
  const ended = s.run(OTLP_EMACS, ["-Q", "--batch", "-L", `${OTLP_SOURCE}/lisp`, "-l", `${OTLP_SOURCE}/tests/otlp/export.el`], { ...delays, ...more }, {
    started: (c) => { child = c; },
  });
  child.stderr.on("data", (chunk) => { words += chunk; for (const wake of waiters.splice(0)) wake(); });
  const over = ended.then((result) => { for (const wake of waiters.splice(0)) wake(); child = null; return result; });
  return {
    tell: (name) => fs.writeFileSync(`${s.home}/${name}`, ""),
    said: async (pattern) => { while (!pattern.test(words)) { assert.ok(child, words); await new Promise((wake) => waiters.push(wake)); } },
    ended: over,
  };
}
const typed = (body) => Number(metricsOf(body).find((m) => m.name === "aid.characters")?.sum.dataPoints
  .find((p) => p.attributes.some((a) => a.value.stringValue === "typed"))?.asInt ?? 0);
const lastTyped = (r) => (r.metrics.length ? typed(r.metrics[r.metrics.length - 1]) : 0);
const recorded = async (s, kind) => (await s.aid(["metrics", "events", "--json", "--kind", kind])).out.split("\n").length - 1;

if (!fs.existsSync(`${OTLP_SOURCE}/build/aid-core`)) skip("an Emacs", "the core is not built");
else {
  await test("what an Emacs records is exported while it runs", async (s) => {
    s.config({ otlp: true });
    const e = emacs(s);
    await s.r.until((r) => r.spans().length > 3 && lastTyped(r) > 3);
    e.tell("rest");
    await e.said(/resting/);
    const [decisions, chars] = [await recorded(s, "decision"), await recorded(s, "typed")];
    await s.r.until((r) => lastTyped(r) === chars);
    e.tell("quit");
    assert.equal((await e.ended).status, 0);
    await s.send(); // what was recorded before the first round knew the receiver is not its
    assert.ok(s.r.spans().length <= decisions);
    assert.equal(new Set(s.r.spans().map((span) => span.spanId)).size, s.r.spans().length);
  });

  await test("an Emacs ends although the receiver never answers, and the next exporter has the rest", async (s) => {
    s.config({ otlp: { timeout_ms: 86400000, metrics: false } });
    s.r.script.push(undefined, "hold");
    const e = emacs(s);
    await s.r.until((r) => r.held === 1);
    e.tell("rest");
    await e.said(/resting/);
    e.tell("quit");
    assert.equal((await e.ended).status, 0);
    const sent = s.r.spans().length;
    assert.equal((await s.send()).status, 0);
    assert.ok(s.r.spans().length > sent);
    assert.equal(new Set(s.r.spans().map((span) => span.spanId)).size, s.r.spans().length);
  });

  await test("another core takes over while the receiver holds the old one's request", async (s) => {
    s.config({ otlp: { timeout_ms: 86400000, metrics: false } });
    fs.copyFileSync(`${OTLP_SOURCE}/build/${fs.readFileSync(`${OTLP_SOURCE}/build/aid-core`, "utf8").trim()}`, `${s.home}/other-core.so`);
    s.r.script.push(undefined, "hold");
    const e = emacs(s);
    await s.r.until((r) => r.held === 1);
    const before = s.r.traces.length;
    e.tell("reload");
    await s.r.until((r) => r.held === 0 && r.traces.length > before);
    e.tell("quit");
    const told = await e.ended;
    assert.equal(told.status, 0);
    assert.equal(new Set(s.r.spans().map((span) => span.spanId)).size, s.r.spans().length);
  });

  await test("what becomes of a chat's answer is in the trace that its request carried", async (s) => {
    const m = await model();
    s.config({ ...m.settings, otlp: { metrics: false } });
    const e = emacs(s, { AID_OTLP_ASK: "1" });
    await s.r.until((r) => r.spans().some((span) => span.name === "chat x") && r.spans().some((span) => span.name === "aid.decision"));
    e.tell("quit");
    assert.equal((await e.ended).status, 0);
    const [chat, decision] = ["chat x", "aid.decision"].map((name) => s.r.spans().find((span) => span.name === name));
    assert.equal(m.seen[0].traceparent, `00-${chat.traceId}-${chat.spanId}-01`);
    assert.deepEqual([decision.traceId, decision.parentSpanId], [chat.traceId, chat.spanId]);
    m.close();
  });

  await test("a receiver that is away is told once", async (s) => {
    s.config({ otlp: { traces: false } });
    s.r.script.push(...Array(100).fill(503));
    const e = emacs(s);
    await e.said(/said: AID has trouble exporting metrics: the receiver answered with status 503/);
    await s.r.until((r) => r.requests.length >= 3);
    e.tell("quit");
    const told = await e.ended;
    assert.equal(told.status, 0);
    assert.equal(told.err.match(/said:/g).length, 1);
  });

  await test("an Emacs whose settings do not say so sends nothing", async (s) => {
    const e = emacs(s);
    while (!(await recorded(s, "typed")));
    e.tell("quit");
    assert.equal((await e.ended).status, 0);
    assert.equal(s.r.requests.length, 0);
    assert.equal(fs.existsSync(`${s.home}/state/aid/export.db`), false);
  });
}
