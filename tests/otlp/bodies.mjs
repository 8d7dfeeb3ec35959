// What is sent: accepted by the strict receiver, of what was recorded exactly, without texts.
import { assert, everything, some, builds, SPANS, test } from "./scene.mjs";
import { attributesOf, judge, metricsOf } from "./strict.mjs";

const number = (point) => Number(point.asInt ?? point.asDouble ?? point.count);
/** The points of the metric NAME in BODY as {"a=b,c=d": value}, of the attributes KEYS. */
function points (body, name, keys, value = number) {
  const metric = metricsOf(body).find((m) => m.name === name);
  const out = {};
  for (const point of (metric?.histogram ?? metric?.sum)?.dataPoints ?? []) {
    const attributes = attributesOf(point.attributes);
    const key = keys.map((name) => attributes[name] ?? "-").join(" ");
    assert.ok(!(key in out) || typeof out[key] === "number", `two points for ${key}`);
    out[key] = key in out ? out[key] + value(point) : value(point);
  }
  return out;
}
const last = (list) => list[list.length - 1];
const resource = (body) => attributesOf((body.resourceSpans ?? body.resourceMetrics)[0].resource.attributes);

await test("the receiver rejects what is wrong", async (s) => {
  await s.record(...everything());
  assert.equal((await s.send()).status, 0);
  const [traces, metrics] = [s.r.traces[0], s.r.metrics[0]];
  assert.deepEqual(judge("traces", traces), []);
  assert.deepEqual(judge("metrics", metrics), []);
  const span = (b) => b.resourceSpans[0].scopeSpans[0].spans[0];
  const point = (b) => metricsOf(b)[0].histogram.dataPoints[0];
  const wrong = {
    traces: [
      (b) => { span(b).traceId = Buffer.from(span(b).traceId, "hex").toString("base64"); },
      (b) => { span(b).traceId = "0".repeat(32); }, (b) => { span(b).spanId = span(b).spanId.slice(1); },
      (b) => { span(b).kind = "SPAN_KIND_CLIENT"; }, (b) => { span(b).kind = 77; },
      (b) => { span(b).startTimeUnixNano = Number(span(b).startTimeUnixNano); }, (b) => { delete span(b).startTimeUnixNano; },
      (b) => { span(b).start_time = "1"; }, (b) => { span(b).attributes.push(span(b).attributes[0]); },
      (b) => { span(b).attributes[0].value = { stringValue: 7 }; }, (b) => { span(b).attributes.push({ key: "n", value: { intValue: 7 } }); },
      (b) => { span(b).attributes.push({ key: "d", value: { doubleValue: "7" } }); }, (b) => { span(b).attributes = []; },
      (b) => { span(b).attributes = span(b).attributes.filter((a) => a.key !== "gen_ai.provider.name"); },
      (b) => { span(b).events = []; }, (b) => { b.resourceSpans[0].resource.attributes.shift(); }, (b) => { b.resource_spans = []; },
    ],
    metrics: [
      (b) => { point(b).count = "1000"; }, (b) => { point(b).bucketCounts.pop(); }, (b) => { point(b).bucketCounts[0] = 3; },
      (b) => { point(b).explicitBounds.reverse(); }, (b) => { metricsOf(b)[0].histogram.aggregationTemporality = 1; },
      (b) => { metricsOf(b).find((m) => m.sum).sum.isMonotonic = false; }, (b) => { metricsOf(b)[0].histogram.dataPoints.push(point(b)); },
      (b) => { point(b).sum = "3"; },
    ],
  };
  for (const [signal, list] of Object.entries(wrong))
    for (const change of list) {
      const copy = structuredClone(signal === "traces" ? traces : metrics);
      change(copy);
      assert.notDeepEqual(judge(signal, copy), [], `not seen: ${change}`);
    }
});

await test("a request, what it held and what became of it are spans of one trace", async (s) => {
  await s.record(...everything());
  const told = await s.send();
  assert.equal(told.status, 0, told.err);
  assert.match(told.out, /^8 spans sent to 127\.0\.0\.1$/m);
  const spans = s.r.spans();
  assert.equal(spans.length, SPANS);
  assert.equal(new Set(spans.map((span) => span.spanId)).size, SPANS);
  const chat = spans[0], failed = spans[SPANS - 1];
  const of = (span) => attributesOf(span.attributes);
  assert.equal(chat.name, "chat sample-1");
  assert.equal(BigInt(chat.endTimeUnixNano) - BigInt(chat.startTimeUnixNano), 1500000000n);
  const { "gen_ai.conversation.id": conversation, "aid.project": project, ...rest } = of(chat);
  assert.match(conversation, /^[0-9a-f]{16}$/);
  assert.match(project, /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "mistral_ai", "gen_ai.request.model": "sample-1", "gen_ai.request.stream": true,
    "gen_ai.output.type": "text", "gen_ai.response.finish_reasons": { values: [{ stringValue: "stop" }] },
    "gen_ai.usage.input_tokens": "1000", "gen_ai.usage.cache_read.input_tokens": "100", "gen_ai.usage.output_tokens": "200",
    "gen_ai.usage.reasoning.output_tokens": "50", "gen_ai.response.time_to_first_chunk": 0.3, "aid.model": "m", "aid.strategy": "edit",
    "aid.outcome": "done", "aid.retries": "1", "aid.answer.characters": "900", "aid.cost": 0.0125,
  });
  assert.deepEqual(chat.events.map((event) => [event.name, of(event)["aid.context.item"] ?? of(event)["feature_flag.key"]]),
    [["aid.context", "file"], ["aid.context", "symbol"], ["feature_flag.evaluation", "shorter"]]);
  assert.equal(of(chat.events[2])["feature_flag.result.variant"], "new");
  assert.deepEqual([failed.status.code, of(failed)["error.type"]], [2, "http"]);
  assert.notEqual(failed.traceId, chat.traceId);
  const children = spans.filter((span) => span.parentSpanId);
  assert.deepEqual(children.map((span) => span.name), ["aid.patch", "aid.decision", "aid.decision", "aid.stayed", "aid.decision"]);
  for (const child of children) assert.deepEqual([child.traceId, child.parentSpanId, child.kind], [chat.traceId, chat.spanId, 1]);
  assert.equal(of(children[0])["aid.patch.refused"], "1");
  assert.equal(of(children[1])["aid.decision.shift"], "-3");
  const build = spans.find((span) => span.name === "aid.build");
  assert.deepEqual(build.links, [{ traceId: chat.traceId, spanId: chat.spanId }]);
  assert.notEqual(build.traceId, chat.traceId);
});

await test("sums are those of what was recorded", async (s) => {
  await s.record(...everything(), ...builds(5), ...some(3));
  assert.equal((await s.send()).status, 0);
  const body = last(s.r.metrics);
  assert.deepEqual(points(body, "gen_ai.client.token.usage", ["gen_ai.token.type"], (p) => [p.count, p.sum, p.min, p.max]),
    { input: ["5", 5000, 1000, 1000], output: ["4", 800, 200, 200] });
  assert.deepEqual(points(body, "gen_ai.client.operation.duration", ["error.type"], (p) => [p.count, p.sum]), { "-": ["4", 6], http: ["1", 1.5] });
  assert.deepEqual(points(body, "gen_ai.client.operation.time_to_first_chunk", []), { "": 5 });
  const bounds = (name) => metricsOf(body).find((m) => m.name === name).histogram.dataPoints[0].explicitBounds;
  assert.deepEqual(bounds("gen_ai.client.operation.duration"), Array.from({ length: 14 }, (_, i) => Number((0.01 * 2 ** i).toFixed(2))));
  assert.deepEqual(bounds("gen_ai.client.token.usage"), Array.from({ length: 14 }, (_, i) => 4 ** i));
  const cost = points(body, "aid.cost", ["gen_ai.request.model"]);
  assert.ok(Math.abs(cost["sample-1"] - 0.05) < 1e-12);
  assert.deepEqual(points(body, "aid.hunk.placements", ["aid.placement"]), { exact: 1, shifted: 1, refused: 1 });
  assert.deepEqual(points(body, "aid.hunk.decisions", ["aid.decision", "aid.language", "gen_ai.request.model"]),
    { "accepted c sample-1": 1, "rejected c sample-1": 1, "undone c sample-1": 1 });
  assert.deepEqual(points(body, "aid.characters", ["aid.source"]), { accepted: 120, undone: 120, typed: 333 });
  assert.deepEqual(points(body, "aid.characters.followed", ["aid.age"]), { "30s": 120 });
  assert.deepEqual(points(body, "aid.characters.kept", ["aid.age"]), { "30s": 90 });
  assert.deepEqual(points(body, "aid.builds", ["aid.build.what", "aid.build.status"]), { "test green": 1, "build green": 3, "build red": 2 });
  assert.deepEqual(points(body, "aid.experiment.exposures", ["feature_flag.key", "feature_flag.result.variant"]), { "shorter new": 1 });
});

await test("sums grow, over what is forgotten, too, and nothing is sent twice", async (s) => {
  await s.record(...builds(4));
  assert.equal((await s.send()).status, 0);
  const start = metricsOf(s.r.metrics[0])[0].sum.dataPoints[0].startTimeUnixNano;
  assert.equal((await s.aid(["metrics", "forget", "--kind", "build"])).status, 0);
  await s.record(...builds(3), ...some(1));
  s.r.clear();
  assert.match((await s.send()).out, /^4 spans sent/m);
  assert.deepEqual(points(s.r.metrics[0], "aid.builds", ["aid.build.status"]), { green: 4, red: 3 });
  assert.equal(metricsOf(s.r.metrics[0]).find((m) => m.sum).sum.dataPoints[0].startTimeUnixNano, start);
  s.r.clear();
  assert.match((await s.send()).out, /^0 spans sent/m);
  assert.deepEqual([s.r.traces.length, s.r.metrics.length], [0, 1]);
  assert.equal((await s.aid(["metrics", "forget", "--all"])).status, 0);
  await s.record(...builds(1));
  s.r.clear();
  assert.equal((await s.send()).status, 0);
  assert.deepEqual(points(s.r.metrics[0], "aid.builds", ["aid.build.status"]), { green: 1 });
});

await test("an event that is written late is sent, and counted", async (s) => {
  await s.record(...some(2));
  assert.equal((await s.send()).status, 0);
  const id = (ms) => `x'${ms.toString(16).padStart(12, "0")}70008000000000000001'`;
  await s.record({ sql: `INSERT INTO events(id, at, kind, person, data) VALUES(${id(Date.now() - 3 * 86400000)}, ${Date.now() - 3 * 86400000}, 'build', 'p', '{"status":"red"}')` });
  s.r.clear();
  assert.match((await s.send()).out, /^1 span sent/m);
  // Sums look at the last two days, and once a day at all.
  await s.record({ sql: `INSERT INTO events(id, at, kind, person, data) VALUES(${id(Date.now() - 3600000)}, ${Date.now() - 3600000}, 'build', 'p', '{"status":"green"}')` });
  s.r.clear();
  assert.match((await s.send()).out, /^1 span sent/m);
  assert.deepEqual(points(s.r.metrics[0], "aid.builds", ["aid.build.status"]).green, 1);
});

await test("no text and no name leaves by itself", async (s) => {
  s.config({ measure: "content" });
  await s.record(...everything());
  assert.equal((await s.send()).status, 0);
  const all = JSON.stringify([s.r.traces, s.r.metrics]);
  assert.doesNotMatch(all, /secret|user\.id|\/tmp|k3y/);
  const { "service.instance.id": instance, ...rest } = resource(s.r.traces[0]);
  assert.match(instance, /^[0-9a-f]{16}$/);
  const { person } = JSON.parse((await s.aid(["metrics", "events", "--json", "--kind", "typed"])).out);
  assert.notEqual(instance, person);
  assert.deepEqual(rest, { "service.name": "aid", "service.version": rest["service.version"] });
  s.r.clear();
  s.config({ measure: "content", otlp: { user_id: true, traces_endpoint: `${s.r.url}/again/traces` } });
  assert.equal((await s.send()).status, 0);
  assert.equal(resource(s.r.traces[0])["user.id"], person);
  assert.match(JSON.stringify(s.r.traces), /secret-person/);
});

await test("texts that are kept leave when the conventions' variable, or the setting, says so", async (s) => {
  s.config({ measure: "content" });
  await s.record(...everything());
  const more = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: "true" };
  assert.equal((await s.send(more)).status, 0);
  const of = attributesOf(s.r.spans()[0].attributes);
  assert.deepEqual(JSON.parse(of["gen_ai.output.messages"]),
    [{ role: "assistant", parts: [{ type: "text", content: "secret-answer" }], finish_reason: "stop" }]);
  assert.deepEqual(JSON.parse(of["gen_ai.input.messages"]), [{ role: "user", parts: [{ type: "text", content: "# secret-question" }] }]);
  assert.doesNotMatch(JSON.stringify(s.r.traces), /secret-hunk/);
  s.config({ otlp: { content: false, traces_endpoint: `${s.r.url}/again/traces` } });
  s.r.clear();
  assert.equal((await s.send(more)).status, 0);
  assert.doesNotMatch(JSON.stringify(s.r.traces), /secret-answer/);
});

await test("a dry run prints what would be sent, and sends and settles nothing", async (s) => {
  await s.record(...everything());
  const dry = await s.send({}, "--dry-run");
  assert.equal(dry.status, 0, dry.err);
  assert.equal(s.r.requests.length, 0);
  const [, first, , second] = dry.out.split("\n");
  assert.match(dry.out, new RegExp(`^POST ${s.r.url}/v1/traces$`, "m"));
  assert.deepEqual(judge("traces", JSON.parse(first)), []);
  assert.deepEqual(judge("metrics", JSON.parse(second)), []);
  assert.equal((await s.send()).status, 0);
  assert.deepEqual(s.r.traces[0], JSON.parse(first));
});

await test("what is sent of the past is chosen, and never twice", async (s) => {
  const day = 86400000, id = (days) => `x'${(Date.now() - days * day).toString(16).padStart(12, "0")}70008000000000000001'`;
  await s.record(...some(1));
  for (const days of [2, 10, 40])
    await s.record({ sql: `INSERT INTO events(id, at, kind, person, data) VALUES(${id(days)}, ${Date.now() - days * day}, 'build', 'p', '{"status":"red"}')` });
  assert.match((await s.send({}, "--since", "7d")).out, /^2 spans sent/m);
  assert.match((await s.send({})).out, /^0 spans sent/m);
  assert.match((await s.send({}, "--since", "30d")).out, /^1 span sent/m);
  assert.match((await s.send({}, "--since", "2020-01-01")).out, /^1 span sent/m);
  assert.match((await s.send({}, "--since", "2020-01-01")).out, /^0 spans sent/m);
});
