// OpenTelemetry's variables, the setting, and who may turn export on.
import { assert, builds, everything, fs, model, some, test } from "./scene.mjs";
import { attributesOf } from "./strict.mjs";

const resource = (body) => attributesOf((body.resourceSpans ?? body.resourceMetrics)[0].resource.attributes);
const urls = (s) => s.r.requests.map((request) => request.url);

await test("addresses, headers and compression are the variables'", async (s) => {
  await s.record(...everything());
  const told = await s.send({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${s.r.url}/base/`, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${s.r.url}/own/metrics`,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20abc, x-tenant = one", OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x-tenant=two",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip", OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
  });
  assert.equal(told.status, 0, told.err);
  assert.equal(told.err, "");
  assert.deepEqual(urls(s), ["/base/v1/traces", "/own/metrics"]);
  const [first, second] = s.r.requests.map((request) => request.headers);
  assert.deepEqual([first.authorization, first["x-tenant"], first["content-encoding"], first["content-type"]],
    ["Basic abc", "one", "gzip", "application/json"]);
  assert.deepEqual([second.authorization, second["x-tenant"]], [undefined, "two"]);
  assert.ok(s.r.requests[0].bytes < JSON.stringify(s.r.traces[0]).length / 3);
});

await test("the setting goes before the variables", async (s) => {
  await s.record(...some(1));
  s.config({ otlp: { endpoint: `${s.r.url}/mine`, headers: { "x-tenant": "three" }, compression: "none", metrics: false, resource: { team: "red" } } });
  const told = await s.send({ OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=one", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip", OTEL_SERVICE_NAME: "editor" });
  assert.equal(told.status, 0, told.err);
  assert.deepEqual(urls(s), ["/mine/v1/traces"]);
  assert.deepEqual([s.r.requests[0].headers["x-tenant"], s.r.requests[0].headers["content-encoding"]], ["three", undefined]);
  assert.deepEqual([resource(s.r.traces[0]).team, resource(s.r.traces[0])["service.name"]], ["red", "editor"]);
});

await test("the resource is the variables'", async (s) => {
  await s.record(...some(1));
  assert.equal((await s.send({ OTEL_RESOURCE_ATTRIBUTES: "service.name=ed,deployment.environment=my%2Ctest,team=blue" })).status, 0);
  const { "service.name": name, "deployment.environment": environment, team } = resource(s.r.traces[0]);
  assert.deepEqual([name, environment, team], ["ed", "my,test", "blue"]);
  const told = await s.send({ OTEL_RESOURCE_ATTRIBUTES: "team=blue,nonsense" });
  assert.match(told.err, /OTEL_RESOURCE_ATTRIBUTES must be a list/);
  assert.equal(resource(s.r.metrics[1]).team, undefined);
});

await test("what turns a signal, or all, off", async (s) => {
  await s.record(...some(1));
  assert.match((await s.send({ OTEL_SDK_DISABLED: "True" })).err, /nothing is exported/);
  assert.match((await s.send({ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" })).err, /nothing is exported/);
  const grpc = await s.send({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc", OTEL_METRICS_EXPORTER: "none" });
  assert.match(grpc.err, /OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is grpc, which AID does not speak/);
  assert.equal(s.r.requests.length, 0);
  await s.send({ OTEL_TRACES_EXPORTER: "none" });
  await s.send({ OTEL_METRICS_EXPORTER: "none", OTEL_TRACES_EXPORTER: "otlp" });
  assert.deepEqual(urls(s), ["/v1/metrics", "/v1/traces"]);
});

await test("a value that is wrong is told, and the usual one counts", async (s) => {
  await s.record(...builds(1));
  const told = await s.send({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "many", OTEL_EXPORTER_OTLP_TIMEOUT: "0", OTEL_EXPORTER_OTLP_COMPRESSION: "zip",
    OTEL_EXPORTER_OTLP_HEADERS: "nothing", OTEL_TRACES_EXPORTER: "zipkin,otlp" });
  assert.equal(told.status, 0, told.err);
  for (const word of ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE must be a whole number", "OTEL_EXPORTER_OTLP_TIMEOUT must be", "COMPRESSION must be gzip or none",
    "OTEL_EXPORTER_OTLP_HEADERS must be a list", 'no exporter "zipkin"']) assert.ok(told.err.includes(word), word);
  assert.equal(s.r.spans().length, 1);
});

await test("batches have the wanted size", async (s) => {
  await s.record(...builds(7));
  assert.equal((await s.send({ OTEL_METRICS_EXPORTER: "none", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "3" })).status, 0);
  assert.deepEqual(s.r.traces.map((body) => body.resourceSpans[0].scopeSpans[0].spans.length), [3, 3, 1]);
});

// --- traceparent ---------------------------------------------------------------------------------------------------------

await test("the request that a model gets has the ids of the span", async (s) => {
  const m = await model();
  s.config({ ...m.settings, otlp: true });
  for (const question of ["one", "two"]) assert.equal((await s.aid(["ask", question])).status, 0);
  assert.equal((await s.send()).status, 0);
  m.close();
  const spans = s.r.spans().filter((span) => span.kind === 3);
  assert.deepEqual(m.seen.map((headers) => headers.traceparent), spans.map((span) => `00-${span.traceId}-${span.spanId}-01`));
  assert.equal(new Set(spans.map((span) => span.traceId)).size, 2);
});

await test("without the person's own word no request has any, whatever a project says", async (s) => {
  const m = await model();
  const ask = async (settings, more = {}) => {
    s.config({ ...m.settings, ...settings });
    const told = await s.aid(["ask", "one"], more);
    assert.equal(told.status, 0, told.err);
    return m.seen.pop().traceparent;
  };
  assert.equal(await ask({}), undefined);
  assert.equal(await ask({ otlp: false }), undefined);
  assert.equal(await ask({ otlp: true }, { OTEL_SDK_DISABLED: "true" }), undefined);
  assert.equal(await ask({ otlp: true }, { OTEL_PROPAGATORS: "none" }), undefined);
  assert.equal(await ask({ otlp: true, measure: false }), undefined);
  assert.match(await ask({ otlp: true }), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  fs.mkdirSync(`${s.home}/.aid`);
  fs.writeFileSync(`${s.home}/.aid/config.json`, JSON.stringify({ otlp: { endpoint: s.r.url } }));
  s.config(m.settings);
  assert.match((await s.aid(["ask", "one"])).err, /otlp\.endpoint/);
  const trusted = await s.aid(["trust", "yes"]);
  assert.equal(trusted.status, 0, trusted.err);
  assert.equal(await ask({}), undefined);
  m.close();
});
