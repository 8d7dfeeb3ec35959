// A server that others wrote, aimock, asked by `aid ask` in each wire format: what it was told to answer is what we read.
import { LLMock } from "@copilotkit/aimock";
import { wires } from "./judges.mjs";
import { settings, ask } from "./client.mjs";

const TEXT = "naïve — 日本語 😀\n\n```c\nint x = 1;\n```\n";
const calls = [{ name: "read", arguments: JSON.stringify({ path: "größe.c", from: 3 }) }, { name: "list", arguments: "{}" }];
const refused = (status, type, message) => ({ error: { message, type }, status });

function serve(mock) {
  mock.onMessage("[text]", { content: TEXT });
  mock.onMessage("[reasoning]", { content: "It ends.", reasoning: "The depth is never below 1." });
  mock.onMessage("[tools]", { toolCalls: calls });
  mock.onMessage("[both]", { content: "I read both.", toolCalls: calls });
  mock.onMessage("[length]", { content: "It goes", finishReason: "length" });
  mock.onMessage("[key]", refused(401, "authentication_error", "the key is wrong"));
  mock.onMessage("[busy]", refused(429, "rate_limit_error", "slow down"));
  mock.onMessage("[broken]", refused(500, "server_error", "broken inside"));
  mock.onMessage("[cut]", { content: "It begins and goes on for a while." }, { truncateAfterChunks: 2, chunkSize: 4 });
}

const is = (what, ours, told) => JSON.stringify(ours) === JSON.stringify(told) ? [] : [`${what}: ${JSON.stringify(ours)}, not ${JSON.stringify(told)}`];
const whole = r => r.error ? [`an error: ${r.error}`] : [];
const tools = r => is("tools", r.tools?.map(t => [t.name, t.arguments]), calls.map(t => [t.name, JSON.parse(t.arguments)]));
const failed = words => r => !r.error ? [`no error: ${JSON.stringify(r)}`] : r.error.includes(words) ? [] : [`without "${words}": ${r.error}`];

const cases = {
  "[text]": r => [...whole(r), ...is("text", r.text, TEXT), ...is("stop", r.stop, "end")],
  "[reasoning]": r => [...whole(r), ...is("text", r.text, "It ends."), ...is("reasoning", r.reasoning, "The depth is never below 1.")],
  "[tools]": r => [...whole(r), ...is("text", r.text, ""), ...tools(r), ...is("stop", r.stop, "tools")],
  "[both]": r => [...whole(r), ...is("text", r.text, "I read both."), ...tools(r)],
  "[length]": r => [...whole(r), ...is("text", r.text, "It goes"), ...is("stop", r.stop, "length")],
  "[key]": failed("the key is wrong"),
  "[busy]": failed("slow down"),
  "[broken]": failed("broken inside"),
  "[cut]": r => !r.error ? [`no error: ${JSON.stringify(r)}`] : "It begins and".startsWith(r.text) ? [] : [`text: ${r.text}`],
};

// It has no words for these: a response is incomplete without a reason, and Ollama's lines always say "stop".
const unsaid = { "openai-responses": ["[length]"], ollama: ["[length]"] };

// REPORT takes a case's name and what is wrong, a line each.
export async function strangers(report) {
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  serve(mock);
  await mock.start();
  const home = settings(mock.url, wires, "gpt-4o");
  for (const name of Object.keys(wires))
    for (const [question, wrong] of Object.entries(cases))
      if (!unsaid[name]?.includes(question)) report(`aimock ${name} ${question}`, wrong(await ask(home, name, question)));
  await mock.stop();
}
