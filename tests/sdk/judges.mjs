// The official SDKs, each asked one question over its wire format.  What an SDK throws is an error; what it hands over is put
// into one shape: {text, reasoning, tools: [{name, arguments}], usage, word}.  `word` is the server's own for why it ended.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Ollama } from "ollama";

const MODEL = "sample";
const parsed = text => JSON.parse(text || "{}");

// Runs READ with a result that it fills, so that what came before an error is known, too.
async function reading(read) {
  const r = { text: "", reasoning: "", tools: [], usage: {}, word: "" };
  try {
    await read(r);
    if (!r.word) throw new Error("the SDK tells no reason why the answer ended: it is cut off");
    return r;
  } catch (e) {
    return { text: r.text, status: e.status ?? e.status_code, error: String(e.message || e) };
  }
}

const openai = base => new OpenAI({ baseURL: `${base}/v1`, apiKey: "k", maxRetries: 0 });

async function chat(base, question) {
  return reading(async r => {
    const stream = openai(base).chat.completions.stream({
      model: MODEL, messages: [{ role: "user", content: question }], stream_options: { include_usage: true } });
    stream.on("error", () => {});
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta ?? {};
      r.text += (delta.content ?? "") + (delta.refusal ?? "");
      r.reasoning += delta.reasoning_content ?? "";
    }
    const whole = await stream.finalChatCompletion(), { message, finish_reason } = whole.choices[0];
    r.word = finish_reason;
    r.tools = (message.tool_calls ?? []).map(t => ({ name: t.function.name, id: t.id, arguments: parsed(t.function.arguments) }));
    const u = whole.usage;
    r.usage = u && { in: u.prompt_tokens, cached: u.prompt_tokens_details.cached_tokens, out: u.completion_tokens,
                     reasoning: u.completion_tokens_details.reasoning_tokens };
  });
}

async function responses(base, question) {
  return reading(async r => {
    const stream = openai(base).responses.stream({ model: MODEL, input: question });
    stream.on("error", () => {});
    for await (const event of stream) {
      if (event.type === "response.output_text.delta" || event.type === "response.refusal.delta") r.text += event.delta;
      if (event.type === "response.reasoning_summary_text.delta") r.reasoning += event.delta;
      if (event.type === "response.failed") throw new Error(event.response.error?.message);
      // The SDK's snapshot of an answer that breaks off looks like a whole one but for its status.
      if (/^response\.(completed|incomplete)$/.test(event.type)) r.word = [event.response.status, event.response.incomplete_details?.reason].filter(Boolean).join(": ");
    }
    const whole = await stream.finalResponse();
    const said = whole.output.filter(i => i.type === "message").flatMap(i => i.content).map(c => c.text ?? c.refusal).join("");
    if (r.word && said !== r.text) throw new Error(`the SDK's deltas and its response differ: ${said}`);
    r.tools = whole.output.filter(i => i.type === "function_call")
      .map(i => ({ name: i.name, id: i.call_id, arguments: parsed(i.arguments) }));
    const u = whole.usage;
    r.usage = u && { in: u.input_tokens, cached: u.input_tokens_details.cached_tokens, out: u.output_tokens,
                     reasoning: u.output_tokens_details.reasoning_tokens };
  });
}

async function anthropic(base, question) {
  return reading(async r => {
    const client = new Anthropic({ baseURL: base, apiKey: "k", maxRetries: 0 });
    const stream = client.messages.stream({ model: MODEL, max_tokens: 100, messages: [{ role: "user", content: question }] });
    stream.on("error", () => {});
    stream.on("text", text => { r.text += text; });
    stream.on("thinking", text => { r.reasoning += text; });
    const whole = await stream.finalMessage();
    r.word = whole.stop_reason;
    r.tools = whole.content.filter(c => c.type === "tool_use").map(c => ({ name: c.name, id: c.id, arguments: c.input }));
    const u = whole.usage, written = u.cache_creation_input_tokens ?? 0, cached = u.cache_read_input_tokens ?? 0;
    r.usage = { in: u.input_tokens + cached + written, cached, out: u.output_tokens };
  });
}

async function gemini(base, question) {
  return reading(async r => {
    const client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: base } });
    const stream = await client.models.generateContentStream({ model: MODEL, contents: question });
    for await (const chunk of stream) {
      const candidate = chunk.candidates?.[0], u = chunk.usageMetadata;
      for (const part of candidate?.content?.parts ?? []) {
        if (part.functionCall) r.tools.push({ name: part.functionCall.name, id: part.functionCall.id, arguments: part.functionCall.args });
        else if (part.thought) r.reasoning += part.text ?? "";
        else r.text += part.text ?? "";
      }
      r.word = candidate?.finishReason ?? chunk.promptFeedback?.blockReason ?? r.word;
      if (u) r.usage = { in: u.promptTokenCount, cached: u.cachedContentTokenCount,
                         out: (u.candidatesTokenCount ?? 0) + (u.thoughtsTokenCount ?? 0), reasoning: u.thoughtsTokenCount };
    }
  });
}

async function ollama(base, question) {
  return reading(async r => {
    const client = new Ollama({ host: base });
    for await (const part of await client.chat({ model: MODEL, messages: [{ role: "user", content: question }], stream: true })) {
      r.text += part.message.content;
      r.reasoning += part.message.thinking ?? "";
      for (const t of part.message.tool_calls ?? []) r.tools.push({ name: t.function.name, arguments: t.function.arguments });
      if (!part.done) continue;
      r.word = part.done_reason;
      r.usage = { in: part.prompt_eval_count, out: part.eval_count };
    }
  });
}

// `path` is what a provider's url has behind the host, `asks` where a question goes and with what beside it; `frame` ends a frame;
// `ids`: calls have ids of the server's; `unknown`: our stop for a word that nobody knows (Ollama says that it is done besides).
export const wires = {
  "openai-chat": { judge: chat, path: "/v1", frame: "\n\n", ids: true, unknown: "none",
                   asks: ["/v1/chat/completions", { stream: true, stream_options: { include_usage: true } }] },
  "openai-responses": { judge: responses, path: "/v1", frame: "\n\n", ids: true, unknown: "none", asks: ["/v1/responses", { stream: true }] },
  "anthropic-messages": { judge: anthropic, path: "", frame: "\n\n", ids: true, unknown: "none", asks: ["/v1/messages", { stream: true }] },
  "gemini": { judge: gemini, path: "/v1beta", frame: "\n\n", ids: true, unknown: "none", asks: ["/v1beta/models/sample:streamGenerateContent", {}] },
  "ollama": { judge: ollama, path: "", frame: "\n", ids: false, unknown: "end", asks: ["/api/chat", {}] },
};
