// The shape of an answer: what `aid ask --schema` sends for it is what the official SDK sends, and both read the same object of what
// `aid replay` answers.  Where an SDK makes the schema itself, or changes one, its own comes out of AID as it went in.
import fs from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import Anthropic from "@anthropic-ai/sdk";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { Ollama } from "ollama";
import { replay, settings, ask } from "./client.mjs";

const WORK = process.env.SDK_WORK, QUESTION = "[shape]", model = "sample", messages = [{ role: "user", content: QUESTION }];
const answer = { word: "naïve \"é\"", count: 3, parts: [{ line: 1, what: null }, { line: 2, what: "end" }] };
const part = z.object({ line: z.number(), what: z.string().nullable() });
const shape = z.object({ word: z.string(), count: z.number(), parts: z.array(part) });

// How each SDK asks; where its request says the shape, and where the schema is in that.
const openai = base => new OpenAI({ baseURL: `${base}/v1`, apiKey: "k", maxRetries: 0 });
const askers = {
  "openai-chat": {
    said: body => body.response_format, schema: said => said.json_schema.schema,
    read: async base => {
      const stream = openai(base).chat.completions.stream({ model, messages, response_format: zodResponseFormat(shape, "finding") });
      return (await stream.finalChatCompletion()).choices[0].message.parsed;
    },
  },
  "openai-responses": {
    said: body => body.text.format, schema: said => said.schema,
    read: async base => {
      const stream = openai(base).responses.stream({ model, input: QUESTION, text: { format: zodTextFormat(shape, "finding") } });
      return (await stream.finalResponse()).output_parsed;
    },
  },
  "anthropic-messages": {
    said: body => body.output_config.format, schema: said => said.schema,
    read: async base => {
      const client = new Anthropic({ baseURL: base, apiKey: "k", maxRetries: 0 }), made = zodTextFormat(shape, "finding").schema;
      const stream = client.messages.stream({ model, max_tokens: 100, messages, output_config: { format: jsonSchemaOutputFormat(made) } });
      return (await stream.finalMessage()).parsed_output;
    },
  },
  "ollama": {
    said: body => body.format, schema: said => said,
    read: async base => {
      let text = "";
      const format = zodTextFormat(shape, "finding").schema;
      for await (const piece of await new Ollama({ host: base }).chat({ model, messages, stream: true, format })) text += piece.message.content;
      return JSON.parse(text);
    },
  },
};

const bodies = log => fs.readFileSync(log, "utf8").split("\n").filter(Boolean).map(line => JSON.parse(line))
  .filter(line => line.event === "request").map(line => JSON.parse(line.body));
const unlike = (what, ours, theirs) => isDeepStrictEqual(ours, theirs) ? [] : [`${what}: ours ${JSON.stringify(ours)}, the SDK's ${JSON.stringify(theirs)}`];

// Asks by the SDK, then by AID with the schema that the SDK has sent.
async function both(name, asker, base, log, home) {
  const theirs = await asker.read(base), until = bodies(log), said = asker.said(until.at(-1)), file = path.join(WORK, `${name}.json`);
  fs.writeFileSync(file, JSON.stringify({ title: "finding", ...asker.schema(said) }));
  const ours = await ask(home, name, QUESTION, ["--schema", file]);
  if (ours.error) return [`we see an error: ${ours.error}`];
  const now = bodies(log), sent = asker.said(now.at(-1));
  if (now.length !== until.length + 1) return [`${now.length - until.length} requests came`];
  for (const one of [sent, said]) for (const extra of ["title", "$schema"]) delete asker.schema(one)[extra];
  return [...unlike("the shape", sent, said), ...unlike("what is read", JSON.parse(ours.text), theirs), ...unlike("the answer", theirs, answer)];
}

export async function schemas(report, wires) {
  const log = path.join(WORK, "schemas.log"), text = JSON.stringify(answer);
  const server = await replay([{ times: 0, match: { question: QUESTION }, answer: { text, usage: { input: 5, output: 30 } } }], ["--log", log]);
  const home = settings(server.base, wires);
  for (const [name, asker] of Object.entries(askers))
    report(`${name}: the shape of an answer is asked for as the SDK does`, await both(name, asker, server.base, log, home).catch(e => [String(e.stack)]));
  server.stop();
}
