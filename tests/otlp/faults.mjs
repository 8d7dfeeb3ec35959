// Receivers that are away, slow, full, wrong or not there at all; exporters that are killed.  Every event arrives, once, or twice
// under the same ids where nobody can know better.
import { assert, builds, everything, fs, some, test } from "./scene.mjs";
import { attributesOf, metricsOf } from "./strict.mjs";

const ids = (spans) => spans.map((span) => span.spanId);
const isOnce = (s, n) => {
  assert.equal(s.r.spans().length, n);
  assert.equal(new Set(ids(s.r.spans())).size, n);
};
const traces = { OTEL_METRICS_EXPORTER: "none" };

for (const [name, wish] of [["503", 503], ["502", 502], ["504", 504], ["429 with Retry-After", "429:1"], ["a date in Retry-After", "503:Fri, 01 Jan 2021 00:00:00 GMT"],
  ["a portal's page", "html"], ["bytes that are no HTTP", "bytes"], ["a closed connection", "reset"]])
  await test(`${name} is sent again`, async (s) => {
    await s.record(...some(3));
    s.r.script.push(wish);
    const told = await s.send(traces);
    assert.equal(told.status, 0, told.err);
    assert.equal(s.r.requests.length, 2);
    isOnce(s, 3);
  });

await test("a receiver that never answers is given up after the timeout, and tried again", async (s) => {
  await s.record(...some(3));
  s.r.script.push("hold");
  const told = await s.send({ ...traces, OTEL_EXPORTER_OTLP_TIMEOUT: "300" });
  assert.equal(told.status, 0, told.err);
  isOnce(s, 3);
});

await test("what a receiver does not take waits for the next time", async (s) => {
  await s.record(...some(3));
  s.r.script.push("503:100000");
  const told = await s.send(traces);
  assert.equal(told.status, 1);
  assert.match(told.err, /3 events wait to be sent: the receiver answered with status 503: not now/);
  assert.equal(s.r.requests.length, 1);
  await s.record(...builds(1));
  assert.equal((await s.send(traces)).status, 0);
  isOnce(s, 4);
});

await test("nobody listens", async (s) => {
  await s.record(...some(2));
  const child = [];
  const none = { ...traces, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
  const waiting = s.aid(["metrics", "export", "--otlp", "--follow"], none, { started: (c) => child.push(c) });
  child[0].stdout.resume();
  await new Promise((said) => child[0].stderr.on("data", (chunk) => /traces: .*127\.0\.0\.1:1/.test(chunk) && said()));
  child[0].kill("SIGTERM");
  assert.equal((await waiting).status, 0);
  assert.equal((await s.send(traces)).status, 0);
  isOnce(s, 2);
});

for (const [name, wish] of [["400", 400], ["401", 401], ["404", 404], ["413", 413], ["500", 500], ["a redirect", "302"]])
  await test(`what is refused (${name}) is dropped, counted and told`, async (s) => {
    await s.record(...some(3));
    s.r.script.push(wish);
    const told = await s.send(traces);
    assert.equal(told.status, 1);
    assert.match(told.err, /traces: 3 were lost: the receiver answered with status/);
    assert.equal(s.r.requests.length, 1);
    await s.record(...builds(1));
    assert.match((await s.send(traces)).out, /^1 span sent/m);
  });

await test("what is rejected in part is counted and told, and not sent again", async (s) => {
  await s.record(...some(3));
  s.r.script.push({ partial: 2 });
  const told = await s.send(traces);
  assert.match(told.err, /traces: 2 were lost: the receiver rejected 2: too old/);
  assert.match(told.out, /^1 span sent/m);
  assert.match((await s.send(traces)).out, /^0 spans sent/m);
});

await test("metrics that are refused are told; the next report has all", async (s) => {
  await s.record(...builds(3));
  s.r.script.push(400);
  const more = { OTEL_TRACES_EXPORTER: "none" };
  const told = await s.send(more);
  assert.equal(told.status, 1);
  assert.match(told.err, /metrics: \d were lost: the receiver answered with status 400/);
  assert.equal((await s.send(more)).status, 0);
  assert.equal(metricsOf(s.r.metrics[0]).find((m) => m.name === "aid.builds").sum.dataPoints.reduce((n, p) => n + Number(p.asInt), 0), 3);
});

await test("an exporter that is killed in mid-export loses nothing", async (s) => {
  await s.record(...some(9));
  const child = [];
  const more = { ...traces, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "3" };
  s.r.script.push(undefined, "hold");
  const killed = s.aid(["metrics", "export", "--otlp"], more, { started: (c) => child.push(c) });
  await s.r.until((r) => r.held === 1);
  child[0].kill("SIGKILL");
  assert.equal((await killed).status, "SIGKILL");
  assert.equal(s.r.spans().length, 3);
  assert.match((await s.send(more)).out, /^6 spans sent/m);
  isOnce(s, 9);
});

await test("what was taken when the answer was lost comes twice under the same ids, and no other", async (s) => {
  await s.record(...some(6));
  s.r.script.push(undefined, "taken");
  const told = await s.send({ ...traces, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "3" });
  assert.equal(told.status, 0, told.err);
  assert.equal(s.r.spans().length, 9);
  assert.equal(new Set(ids(s.r.spans())).size, 6);
  assert.deepEqual(s.r.traces[1], s.r.traces[2]);
});

await test("an exporter that follows sends what comes, and ends at once", async (s) => {
  await s.record(...some(2));
  const child = [];
  const more = { OTEL_BSP_SCHEDULE_DELAY: "20", OTEL_METRIC_EXPORT_INTERVAL: "20" };
  const following = s.aid(["metrics", "export", "--otlp", "--follow"], more, { started: (c) => child.push(c) });
  await s.r.until((r) => r.spans().length === 2 && r.metrics.length);
  await s.record(...builds(3));
  await s.r.until((r) => r.spans().length === 5);
  await s.r.until((r) => r.metrics.some((body) => metricsOf(body).some((m) => m.name === "aid.builds")));
  s.r.script.push("hold", "hold");
  await s.record(...builds(1));
  await s.r.until((r) => r.held);
  child[0].kill("SIGTERM"); // the receiver never answers
  assert.equal((await following).status, 0);
  s.r.script.length = 0;
  assert.equal((await s.send(traces)).status, 0);
  assert.equal(new Set(ids(s.r.spans())).size, 6);
});

await test("two exporters at once send nothing twice", async (s) => {
  await s.record(...some(40));
  const more = { ...traces, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "5" };
  const told = await Promise.all([s.send(more), s.send(more), s.send(more)]);
  assert.ok(told.some((t) => t.status === 0), told.map((t) => t.err).join());
  for (const t of told) if (t.status) assert.match(t.err, /Another AID exports measurements/);
  assert.equal((await s.send(more)).status, 0);
  isOnce(s, 40);
});

await test("more than may wait drops the oldest, counted", async (s) => {
  await s.record(...builds(10));
  const told = await s.send({ ...traces, OTEL_BSP_MAX_QUEUE_SIZE: "4" });
  assert.match(told.err, /traces: 6 were lost: more than 4 events waited/);
  isOnce(s, 4);
  assert.deepEqual(s.r.spans().map((span) => attributesOf(span.attributes)["aid.build.ms"]), ["7", "8", "9", "10"]);
});

await test("a damaged file of where export stands is begun anew", async (s) => {
  await s.record(...some(2));
  assert.equal((await s.send()).status, 0);
  fs.writeFileSync(`${s.home}/state/aid/export.db`, "this is no database, and was never one, however long one looks at it");
  for (const end of ["-wal", "-shm"]) fs.rmSync(`${s.home}/state/aid/export.db${end}`, { force: true });
  assert.equal((await s.send()).status, 0);
  assert.equal(s.r.spans().length, 4);
  assert.equal(new Set(ids(s.r.spans())).size, 2);
});

await test("nothing was ever recorded", async (s) => {
  const told = await s.send();
  assert.equal(told.status, 0, told.err);
  assert.equal(s.r.requests.length, 0);
  await s.record(...everything());
});
