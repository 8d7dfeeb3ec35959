// A strict judge of OTLP/HTTP JSON: a body must be, to the letter, what OpenTelemetry's protobuf classes make of it again, and say
// nothing that makes no sense.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const root = require("@opentelemetry/otlp-proto-exporter-base/build/src/generated/root.js");
const proto = root.opentelemetry.proto.collector;
const classes = {
  traces: proto.trace.v1.ExportTraceServiceRequest,
  metrics: proto.metrics.v1.ExportMetricsServiceRequest,
};

const idLength = { traceId: 32, spanId: 16, parentSpanId: 16 };

// A copy of V with the ids, which JSON has in hex, as protobuf's JSON has bytes.
function withBytes (v, where, problems) {
  if (Array.isArray(v)) return v.map((item, i) => withBytes(item, `${where}[${i}]`, problems));
  if (v === null || typeof v !== "object") return v;
  const out = {};
  for (const [key, item] of Object.entries(v)) {
    const length = idLength[key];
    if (length && typeof item === "string") {
      if (!new RegExp(`^[0-9a-f]{${length}}$`).test(item) || /^0*$/.test(item)) problems.push(`${where}.${key} is no id: ${item}`);
      out[key] = Buffer.from(item, "hex").toString("base64");
    } else {
      if (Array.isArray(item) && !item.length) problems.push(`${where}.${key} is empty`);
      out[key] = withBytes(item, `${where}.${key}`, problems);
    }
  }
  return out;
}

// Where A and B are not the same, in words.
function compare (a, b, where, problems) {
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
    if (a !== b) problems.push(`${where} is ${JSON.stringify(a)}, read as ${JSON.stringify(b)}`);
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!(key in b)) problems.push(`${where}.${key} is not known`);
    else if (key in a) compare(a[key], b[key], `${where}.${key}`, problems);
    else problems.push(`${where}.${key} is missing`);
  }
}

const int64 = (z) => BigInt(z);

function checkAttributes (list, where, problems) {
  const seen = new Set();
  for (const { key, value } of list ?? []) {
    if (!key || seen.has(key)) problems.push(`${where}: attribute ${key} twice, or without a name`);
    if (!value || Object.keys(value).length !== 1) problems.push(`${where}: attribute ${key} has no one value`);
    seen.add(key);
  }
  return new Map((list ?? []).map(({ key, value }) => [key, Object.values(value ?? {})[0]]));
}

function checkSpan (span, problems) {
  const where = `span ${span.name}`;
  const attributes = checkAttributes(span.attributes, where, problems);
  if (!span.traceId || !span.spanId || !span.name) problems.push(`${where} has no ids or no name`);
  if (int64(span.startTimeUnixNano) > int64(span.endTimeUnixNano)) problems.push(`${where} ends before it begins`);
  if (int64(span.endTimeUnixNano) < 1700000000000000000n) problems.push(`${where} is of the last century`);
  for (const event of span.events ?? []) checkAttributes(event.attributes, `${where}, event ${event.name}`, problems);
  if (span.kind === 3) {
    const model = attributes.get("gen_ai.request.model");
    for (const key of ["gen_ai.operation.name", "gen_ai.provider.name"])
      if (!attributes.get(key)) problems.push(`${where} lacks ${key}`);
    if (span.name !== `chat${model ? ` ${model}` : ""}`) problems.push(`${where} should be called chat ${model}`);
    if ((span.status?.code === 2) !== attributes.has("error.type")) problems.push(`${where}: status and error.type differ`);
  } else if (span.kind !== 1) problems.push(`${where} is of kind ${span.kind}`);
}

function checkMetric (metric, problems) {
  const where = `metric ${metric.name}`;
  const data = metric.histogram ?? metric.sum;
  const seen = new Set();
  if (!metric.name || metric.unit === undefined || !metric.description) problems.push(`${where} lacks its name, unit or words`);
  if (data?.aggregationTemporality !== 2) problems.push(`${where} is not cumulative`);
  if (metric.sum && metric.sum.isMonotonic !== true) problems.push(`${where} may fall`);
  for (const point of data?.dataPoints ?? []) {
    const key = JSON.stringify([...checkAttributes(point.attributes, where, problems)].sort());
    if (seen.has(key)) problems.push(`${where} has ${key} twice`);
    seen.add(key);
    if (int64(point.startTimeUnixNano) > int64(point.timeUnixNano)) problems.push(`${where} ends before it begins`);
    if (!metric.histogram) continue;
    const counts = point.bucketCounts.map(int64);
    const bounds = point.explicitBounds;
    if (counts.length !== bounds.length + 1) problems.push(`${where}: ${counts.length} buckets of ${bounds.length} bounds`);
    if (bounds.some((b, i) => i && b <= bounds[i - 1])) problems.push(`${where}: bounds do not rise`);
    if (counts.reduce((a, b) => a + b, 0n) !== int64(point.count)) problems.push(`${where}: buckets do not add up to count`);
    if (point.min > point.max || point.sum < point.min) problems.push(`${where}: min, max and sum do not go together`);
  }
}

const flat = (request, outer, inner, what) =>
  (request[outer] ?? []).flatMap((r) => (r[inner] ?? []).flatMap((scope) => scope[what] ?? []));
export const spansOf = (request) => flat(request, "resourceSpans", "scopeSpans", "spans");
export const metricsOf = (request) => flat(request, "resourceMetrics", "scopeMetrics", "metrics");
export const attributesOf = (list) => Object.fromEntries((list ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));

/** What is wrong with REQUEST, a parsed body for SIGNAL ("traces", "metrics"): a list of sentences. */
export function judge (signal, request) {
  const problems = [];
  const type = classes[signal];
  const mine = withBytes(request, signal, problems);
  try {
    const bad = type.verify(type.fromObject(mine));
    if (bad) problems.push(bad);
    compare(mine, type.toObject(type.fromObject(mine), { longs: String, enums: Number, bytes: String }), signal, problems);
    if (problems.length) return problems;
    for (const resource of request.resourceSpans ?? request.resourceMetrics ?? []) {
      const attributes = checkAttributes(resource.resource?.attributes, "resource", problems);
      for (const key of ["service.name", "service.version", "service.instance.id"])
        if (!attributes.get(key)) problems.push(`resource lacks ${key}`);
    }
    for (const span of spansOf(request)) checkSpan(span, problems);
    for (const metric of metricsOf(request)) checkMetric(metric, problems);
    if (!spansOf(request).length && !metricsOf(request).length) problems.push("there is nothing in it");
  } catch (error) {
    problems.push(error.message);
  }
  return problems;
}
