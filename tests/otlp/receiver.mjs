// A receiver of OTLP that judges what it gets, and misbehaves when it is told to: of the answers in `script` each request gets the
// next, and when there are none left what is right.
//   number           that status ("429:1": with Retry-After: 1)
//   "html"           200 with a page, as a portal gives it
//   "bytes"          bytes that are no HTTP
//   "reset"          the connection is closed, and what came is forgotten
//   "taken"          the same, but what came was taken
//   "hold"           nothing, until release() or the client goes
//   {partial: N}     all but N are taken
import http from "node:http";
import zlib from "node:zlib";
import { judge, spansOf } from "./strict.mjs";

export async function receiver () {
  const self = { script: [], requests: [], traces: [], metrics: [], problems: [], held: 0, waiters: [] };
  const told = () => { for (const wake of self.waiters.splice(0)) wake(); };

  /** Waits until TEST (self) holds; there is no other clock than that of the whole run. */
  self.until = async (test) => { while (!test(self)) await new Promise((wake) => self.waiters.push(wake)); };
  self.spans = () => self.traces.flatMap(spansOf);
  self.clear = () => { self.requests.length = self.traces.length = self.metrics.length = 0; };

  const answer = (response, status, body, headers = {}) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
  const take = (signal, body) => { self[signal].push(body); };

  const act = (wish, signal, body, request, response) => {
    if (wish === undefined || wish?.partial) {
      take(signal, body);
      const rejected = { [signal === "traces" ? "rejectedSpans" : "rejectedDataPoints"]: String(wish?.partial), errorMessage: "too old" };
      answer(response, 200, wish ? { partialSuccess: rejected } : {});
    } else if (wish === "html") answer(response, 200, "<html>Please log in</html>", { "Content-Type": "text/html" });
    else if (wish === "bytes") request.socket.end("\u0000\u0001 what?\r\n\r\n");
    else if (wish === "reset" || wish === "taken") {
      if (wish === "taken") take(signal, body);
      request.socket.destroy();
    } else if (wish === "hold") {
      self.held++;
      request.socket.on("close", () => { self.held--; told(); });
    } else {
      const [status, after] = String(wish).split(":");
      answer(response, Number(status), { code: 3, message: "not now" }, after ? { "Retry-After": after } : {});
    }
  };

  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const signal = request.url.replace(/^.*\//, "");
      let body = Buffer.concat(chunks), problems;
      self.requests.push({ url: request.url, headers: request.headers, bytes: body.length });
      try {
        if (request.headers["content-encoding"] === "gzip") body = zlib.gunzipSync(body);
        body = JSON.parse(body);
        problems = judge(signal, body);
      } catch (error) {
        problems = [error.message];
      }
      if (request.method !== "POST" || !/^application\/json\b/.test(request.headers["content-type"] ?? "")) problems.push("no POST of JSON");
      if (problems.length) {
        self.problems.push(...problems);
        answer(response, 400, { code: 3, message: problems[0] });
      } else act(self.script.shift(), signal, body, request, response);
      told();
    });
  });
  server.keepAliveTimeout = 1000;
  server.unref();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  self.url = `http://127.0.0.1:${server.address().port}`;
  self.close = () => { server.closeAllConnections?.(); server.close(); };
  return self;
}
