// Reads cases on standard input: a model as the page has it, and inputs; writes what the page's LSTM makes of them.
import { createRequire } from "node:module";
import fs from "node:fs";

const { classify, follow, estimate, translate, tag, transcribe, wordsOf, unpack, READERS } = createRequire(import.meta.url)(process.argv[2]);
const { model, numbers, given } = JSON.parse(fs.readFileSync(0, "utf-8"));
const bytes = Uint8Array.from(Buffer.from(numbers, "base64"));
const whole = unpack(model, new Float32Array(bytes.buffer));
const ranks = new Map((whole.reader.merges || []).map((pair, rank) => [pair, rank]));
const numbered = (names) => new Map((names || []).map((name, number) => [name, number]));
const reader = { ...whole.reader, ranks, ids: numbered(whole.reader.vocabulary), letters: numbered(whole.reader.alphabet) };
const answers = given.map((one) => {
  const { inputs } = READERS[reader.reader](reader, one);
  const compute = { classes: classify, next: follow, numbers: estimate, text: translate, tags: tag, transcript: transcribe }[whole.answer];
  const { probabilities, values, attention, traces, written, alignment, path } = compute(whole, inputs);
  const words = whole.answer === "transcript" ? wordsOf(whole, written) : undefined;
  const { c, h } = traces[0].trace;
  return { inputs: reader.vocabulary ? inputs : [], probabilities, values, attention, written, alignment, path, words, c: c[c.length - 1], h: h[h.length - 1] };
});
console.log(JSON.stringify(answers));
