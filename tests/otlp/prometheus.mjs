// The text for Prometheus: read by promtool, scraped by a real Prometheus, with the sums of what was recorded.
import { spawn } from "node:child_process";
import http from "node:http";
import { assert, builds, everything, fs, path, skip, some, test } from "./scene.mjs";

const { PROMETHEUS } = process.env;

/** {status, headers, body} of a GET. */
const get = (url, headers = {}) => new Promise((done, failed) => {
  http.get(url, { headers, agent: false }, (response) => {
    let body = "";
    response.on("data", (chunk) => { body += chunk; }).on("end", () => done({ status: response.statusCode, headers: response.headers, body }));
  }).on("error", failed);
});

/** The value of the series NAME in TEXT whose labels have all of LABELS, summed. */
function value (text, name, labels = {}) {
  let sum = 0, found = 0;
  for (const line of text.split("\n")) {
    const [, series, list, v] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
    if (series !== name || !Object.entries(labels).every(([k, l]) => `${list},`.includes(`${k}="${l}",`))) continue;
    sum += Number(v);
    found++;
  }
  return found ? sum : undefined;
}

const prometheusText = async (s, ...args) => {
  const told = await s.aid(["metrics", "export", "--prometheus", ...args]);
  assert.equal(told.status, 0, told.err);
  return told.out;
};

await test("the text has the sums, with heads, escapes and cumulative buckets", async (s) => {
  await s.record(...everything(), ...builds(3), ...some(2),
    { kind: "build", root: "/tmp", fields: { what: 'a "quoted" \\ word\nand a line', status: "green" } });
  const text = await prometheusText(s);
  assert.equal(value(text, "aid_builds_total"), 5);
  assert.ok(text.includes('aid_build_what="a \\"quoted\\" \\\\ word\\nand a line"'));
  assert.equal(value(text, "gen_ai_client_operation_duration_seconds_count", {}), 4);
  assert.equal(value(text, "gen_ai_client_operation_duration_seconds_sum", { error_type: "http" }), 1.5);
  assert.equal(value(text, "gen_ai_client_token_usage_bucket", { gen_ai_token_type: "input", le: "1024" }), 4);
  assert.equal(value(text, "gen_ai_client_token_usage_bucket", { gen_ai_token_type: "input", le: "256" }), 0);
  assert.equal(value(text, "gen_ai_client_token_usage_bucket", { gen_ai_token_type: "input", le: "+Inf" }), 4);
  assert.equal(value(text, "aid_characters_total", { aid_source: "typed" }), 333);
  assert.equal(value(text, "target_info", { service_name: "aid" }), 1);
  for (const name of text.match(/^[a-z_]+/gm).filter((n) => !/^#/.test(n))) {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    const heads = text.split("\n").filter((line) => line.startsWith(`# TYPE ${name} `) || line.startsWith(`# TYPE ${family} `));
    assert.equal(heads.length, 1, name);
    assert.ok(text.includes(`# HELP ${heads[0].split(" ")[2]} `), name);
  }
  assert.doesNotMatch(text, /secret|\/tmp/);
});

await test("a collector's file is replaced whole", async (s) => {
  await s.record(...builds(2));
  const file = path.join(s.home, "aid.prom");
  await prometheusText(s, "--out", file);
  const inode = fs.statSync(file).ino;
  assert.equal(value(fs.readFileSync(file, "utf8"), "aid_builds_total"), 2);
  await s.record(...builds(1));
  assert.equal(await prometheusText(s, "--out", file), "");
  assert.equal(value(fs.readFileSync(file, "utf8"), "aid_builds_total"), 3);
  assert.notEqual(fs.statSync(file).ino, inode);
  assert.deepEqual(fs.readdirSync(s.home).filter((name) => name.startsWith("aid.prom")), ["aid.prom"]);
  assert.match((await s.aid(["metrics", "export", "--prometheus", "--out", "/nowhere/at/all"])).err, /\/nowhere\/at/);
});

/** `aid metrics serve`, on a free port. */
async function served (s) {
  const ready = path.join(s.home, "port"), child = [];
  const ended = s.aid(["metrics", "serve", "--port", "0", "--ready-file", ready], {}, { started: (c) => child.push(c) });
  await new Promise((listening) => child[0].stdout.once("data", listening));
  const port = fs.readFileSync(ready, "utf8");
  return { port, url: `http://127.0.0.1:${port}/metrics`, stop: async () => { child[0].kill("SIGTERM"); return ended; } };
}

await test("a scrape counts what has come, also beside an exporter", async (s) => {
  const server = await served(s);
  assert.equal((await get(server.url)).body.includes("aid_builds_total"), false);
  await s.record(...builds(2));
  const first = await get(server.url);
  assert.equal(first.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(value(first.body, "aid_builds_total"), 2);
  await s.record(...builds(3));
  const sends = Array.from({ length: 3 }, () => s.send());
  for (const answer of await Promise.all(Array.from({ length: 8 }, () => get(server.url)))) assert.equal(value(answer.body, "aid_builds_total"), 5);
  await Promise.all(sends);
  assert.equal(value((await get(server.url)).body, "aid_builds_total"), 5);
  assert.equal((await server.stop()).status, 0);
});

await test("others than this machine's names are not served, nor other pages", async (s) => {
  const server = await served(s);
  assert.equal((await get(server.url, { Host: "evil.example" })).status, 403);
  assert.equal((await get(server.url, { Host: "127.0.0.1.evil.example" })).status, 403);
  assert.equal((await get(server.url, { Host: "localhost" })).status, 200);
  assert.equal((await get(server.url.replace("/metrics", "/events"))).status, 404);
  await server.stop();
});

if (!PROMETHEUS) skip("a real Prometheus scrapes it", "prometheus is missing");
else {
  await test("a real Prometheus scrapes it", async (s) => {
    const free = http.createServer();
    await new Promise((done) => free.listen(0, "127.0.0.1", done));
    const { port } = free.address();
    await new Promise((done) => free.close(done));
    await s.record(...everything(), ...builds(7), ...some(3));
    const tool = await s.run("sh", ["-c", `"${process.env.AID}" metrics export --prometheus | "${path.dirname(PROMETHEUS)}/promtool" check metrics`]);
    assert.equal(tool.status, 0, tool.out + tool.err);
    const server = await served(s);
    fs.writeFileSync(`${s.home}/prometheus.yml`, JSON.stringify({ // which is YAML, too
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [{ job_name: "aid", scrape_timeout: "1s", static_configs: [{ targets: [`127.0.0.1:${server.port}`] }] }],
    }));
    const child = spawn(PROMETHEUS, [`--config.file=${s.home}/prometheus.yml`, `--storage.tsdb.path=${s.home}/data`, `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error"], { stdio: ["ignore", "ignore", "pipe"], env: s.env });
    let words = "", over = false;
    child.stderr.on("data", (chunk) => { words += chunk; });
    const ended = new Promise((done) => child.on("close", () => { over = true; done(); }));
    const query = async (what) => {
      const answer = await get(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(what)}`).catch(() => null);
      const result = answer?.status === 200 ? JSON.parse(answer.body).data.result : [];
      return result.length ? Number(result[0].value[1]) : undefined;
    };
    const until = async (what, wanted) => {
      for (let v; (v = await query(what)) !== wanted;) {
        assert.ok(!over, `prometheus has ended: ${words}`);
        await new Promise((again) => setTimeout(again, 100));
        until.last = `${what} is ${v}, not ${wanted}`;
      }
    };
    try {
      await until("up", 1);
      await until("sum(aid_builds_total)", 8);
      await until("sum(gen_ai_client_operation_duration_seconds_count)", 5);
      await until("sum(gen_ai_client_token_usage_sum{gen_ai_token_type=\"input\"})", 5000);
      await until("histogram_quantile(0.5, sum by (le) (gen_ai_client_token_usage_bucket{gen_ai_token_type=\"input\"}))", 640);
      await until("sum(aid_characters_kept_total) / sum(aid_characters_followed_total)", 0.75);
      await until("count(target_info{service_name=\"aid\"})", 1);
      await s.record(...builds(4));
      await until("sum(aid_builds_total)", 12);
      await until("up", 1);
    } finally {
      child.kill("SIGTERM");
      await ended;
      await server.stop();
    }
  });
}
