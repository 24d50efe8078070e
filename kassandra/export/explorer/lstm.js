"use strict";
// The LSTM of the page: the equations of kassandra/lstm/cells.py, and what is built of them, in double precision.
// A vector is an array of numbers, a sequence an array of vectors. Matrices lie row by row in Float32Arrays.

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
function dot(row, matrix, from) {
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += row[k] * matrix[from + k];
  return sum;
}
const affine = (x, W, b) => Array.from(b, (bias, row) => bias + dot(x, W, row * x.length));

// One layer. `held`: {i: {open: 0 or 1, unit: a number or null for all}, ...}. Returns every gate and state of each step.
function lstm(layer, inputs, held = {}, state = null) {
  const n = layer.hidden, trace = { i: [], f: [], g: [], o: [], c: [], h: [] };
  let h = state ? state.h : new Array(n).fill(0), c = state ? state.c : new Array(n).fill(0);
  const hold = (gate, k, value) => (held[gate] && (held[gate].unit === null || held[gate].unit === k) ? held[gate].open : value);
  for (const x of inputs) {
    const z = affine(x, layer.W, layer.b).map((sum, row) => sum + dot(h, layer.U, row * n)); // 4n: i f g o
    const i = [], f = [], g = [], o = [];
    for (let k = 0; k < n; k++) {
      i[k] = hold("i", k, sigmoid(z[k]));
      f[k] = hold("f", k, sigmoid(z[n + k]));
      g[k] = Math.tanh(z[2 * n + k]);
      o[k] = hold("o", k, sigmoid(z[3 * n + k]));
    }
    c = c.map((before, k) => f[k] * before + i[k] * g[k]);
    h = c.map((cell, k) => o[k] * Math.tanh(cell));
    Object.entries({ i, f, g, o, c, h }).forEach(([name, values]) => trace[name].push(values));
  }
  return { trace, state: { h, c } };
}

const softmax = (scores) => {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity), powers = scores.map((s) => Math.exp(s - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
};
const last = (sequence) => sequence[sequence.length - 1];
const columns = (sequence) => sequence[0].map((_, k) => sequence.map((row) => row[k]));
const max = (sequence) => columns(sequence).map((each) => each.reduce((a, b) => Math.max(a, b), -Infinity));
const mean = (sequence) => columns(sequence).map((each) => each.reduce((a, b) => a + b, 0) / each.length);

// {outputs, summary, attention, traces: [{name, trace}], states}, as kassandra/lstm/encoder.py has them.
const ENCODERS = {
  lstm(part, inputs, held, states) {
    const { trace, state } = lstm(part, inputs, held, states ? states[0] : null);
    return { outputs: trace.h, summary: last(trace.h), attention: null, traces: [{ name: "", trace }], states: [state] };
  },
  both(part, inputs, held) {
    const ahead = encode(part.ahead, inputs, held), back = encode(part.back, [...inputs].reverse(), held);
    const turned = [...back.outputs].reverse();
    const reversed = ({ name, trace }) => ({
      name: `${name} backwards`,
      trace: Object.fromEntries(Object.entries(trace).map(([gate, rows]) => [gate, [...rows].reverse()])),
    });
    return {
      outputs: ahead.outputs.map((row, t) => [...row, ...turned[t]]),
      summary: [...ahead.summary, ...back.summary],
      attention: null,
      traces: [...ahead.traces.map((one) => ({ ...one, name: `${one.name} forwards` })), ...back.traces.map(reversed)],
      states: null,
    };
  },
  stacked(part, inputs, held, states) {
    let encoded = null, traces = [], reached = [];
    part.layers.forEach((layer, number) => {
      encoded = encode(layer, encoded ? encoded.outputs : inputs, held, states ? [states[number]] : null);
      traces = traces.concat(encoded.traces.map((one) => ({ ...one, name: `layer ${number + 1}${one.name}` })));
      reached = reached.concat(encoded.states || []);
    });
    return { ...encoded, traces, states: reached.length ? reached : null };
  },
  pooled(part, inputs, held) {
    const encoded = encode(part.encoder, inputs, held), { outputs } = encoded;
    const pools = { max: [max(outputs)], mean: [mean(outputs)], concat: [encoded.summary, max(outputs), mean(outputs)] };
    return { ...encoded, summary: pools[part.pooling].flat() };
  },
  attentive(part, inputs, held) {
    const encoded = encode(part.encoder, inputs, held), { outputs, summary } = encoded;
    const scores = outputs.map((row) => {
      if (part.score === "additive") return dot(affine(row, part.W, part.b).map(Math.tanh), part.v, 0);
      const query = part.score === "general" ? affine(summary, part.W, new Float32Array(summary.length)) : summary;
      return dot(row, query, 0);
    });
    const attention = softmax(scores);
    return { ...encoded, attention, summary: columns(outputs).map((each) => dot(each, attention, 0)) };
  },
};

function encode(part, inputs, held = {}, states = null) {
  return ENCODERS[part.kind](part, inputs, held, states);
}

// Token ids or vectors to what the encoder reads. A word that comes with its letters is [id, ...ids of letters].
const vectorOf = ({ table, size }, id) => Array.from(table.subarray(id * size, (id + 1) * size));
function embedded(model, inputs) {
  if (!model.embedding) return inputs;
  const { letters } = model.embedding;
  return inputs.map((one) => {
    if (!Array.isArray(one)) return vectorOf(model.embedding, one);
    const [id, ...spelled] = one, word = vectorOf(model.embedding, id);
    if (!letters) return word;
    const most = letters.longest, last = most >> 1; // of longer words the first half of so many and the last
    const kept = spelled.length <= most ? spelled : [...spelled.slice(0, most - last), ...spelled.slice(spelled.length - last)];
    return [...word, ...encode(letters.reader, kept.map((letter) => vectorOf(letters, letter))).summary];
  });
}

// Probabilities of the classes of a whole sequence, and all that led to them.
function classify(model, inputs, held = {}) {
  const encoded = encode(model.encoder, embedded(model, inputs), held);
  return { ...encoded, probabilities: softmax(affine(encoded.summary, model.head.W, model.head.b)) };
}

// Probabilities of the next token after each step, on from `states`.
function follow(model, ids, held = {}, states = null) {
  const encoded = encode(model.encoder, embedded(model, ids), held, states);
  const { head } = model;
  const project = (row) => (head.P ? affine(row, head.P, new Float32Array(head.P.length / row.length)) : row);
  return { ...encoded, probabilities: softmax(affine(project(last(encoded.outputs)), head.W, head.b)) };
}

const sumOfPowers = (logs) => {
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  return most === -Infinity ? most : most + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - most), 0));
};
const largest = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

// A tag for each step (kassandra/targets/tags/train): the likeliest sequence, and (steps, tags) probabilities of each
// step by itself. Without a chain its weights are 0. An I- goes on with a span of its type.
function tag(model, inputs, held = {}) {
  const encoded = encode(model.encoder, embedded(model, inputs), held), names = model.classes;
  const rows = encoded.outputs.map((row) => affine(row, model.head.W, model.head.b)), n = names.length, every = names.map((_, k) => k);
  const { start, end, moves } = model.chain || { start: new Float32Array(n), end: new Float32Array(n), moves: new Float32Array(n * n) };
  const move = (i, j) => moves[i * n + j];
  const ahead = [every.map((j) => start[j] + rows[0][j])], back = [Array.from(end)];
  for (const row of rows.slice(1)) {
    const before = last(ahead);
    ahead.push(every.map((j) => sumOfPowers(every.map((i) => before[i] + move(i, j))) + row[j]));
  }
  for (const row of rows.slice(1).reverse()) {
    const [after] = back;
    back.unshift(every.map((i) => sumOfPowers(every.map((j) => move(i, j) + row[j] + after[j]))));
  }
  const probabilities = ahead.map((row, t) => softmax(row.map((value, j) => value + back[t][j])));
  const refused = (before, own) => (model.spans && own.startsWith("I-") && before.slice(2) !== own.slice(2) ? -Infinity : 0);
  const refusals = names.map((own) => names.map((before) => refused(before, own))), cameFrom = [];
  let reached = every.map((j) => start[j] + refused("", names[j]) + rows[0][j]);
  for (const row of rows.slice(1)) { // Viterbi's algorithm
    const ways = every.map((j) => every.map((i) => reached[i] + move(i, j) + refusals[j][i]));
    cameFrom.push(ways.map(largest));
    reached = ways.map((own, j) => own[cameFrom[cameFrom.length - 1][j]] + row[j]);
  }
  const path = [largest(reached.map((value, j) => value + end[j]))];
  for (const before of cameFrom.reverse()) path.unshift(before[path[0]]);
  return { ...encoded, path, probabilities };
}

// What is said (kassandra/targets/transcript/train): (steps, tokens) probabilities, of which token 0 writes nothing and
// token 1 is never read; and the tokens of the likeliest one at each step, equal ones in a row being one, with the first
// and the last step of each.
function transcribe(model, inputs, held = {}) {
  const encoded = encode(model.encoder, embedded(model, inputs), held);
  const probabilities = encoded.outputs.map((row) => softmax(affine(row, model.head.W, model.head.b)));
  const written = [];
  let before = 0;
  probabilities.forEach((row, step) => {
    const token = largest(row.map((p, k) => (k === 1 ? -1 : p)));
    if (token && token === before) last(written).last = step;
    else if (token) written.push({ token, first: step, last: step });
    before = token;
  });
  return { ...encoded, probabilities, written };
}

// The words that tokens make, and the first and the last step at which one of their tokens is written.
function wordsOf(model, written) {
  const words = [];
  let open = null;
  for (const { token, first, last: end } of written) {
    const piece = model.tokens === "words" ? ` ${model.classes[token]}` : model.classes[token].replaceAll("▁", " ");
    for (const sign of piece) {
      if (/\s/u.test(sign)) open = null;
      else if (open) [open.word, open.last] = [open.word + sign, end];
      else words.push((open = { word: sign, first, last: end }));
    }
  }
  return words;
}

// Numbers that are predicted of a whole sequence, in their own unit: means, by kassandra/lstm/heads.py.
function estimate(model, inputs, held = {}) {
  const encoded = encode(model.encoder, embedded(model, inputs), held), { head } = model;
  const raw = affine(encoded.summary, head.W, head.b);
  const line = head.L && head.L.length / head.names.length === inputs.flat().length ? affine(inputs.flat(), head.L, head.l) : null;
  const values = head.names.map((_, k) => {
    const own = raw.slice(k * head.parameters, (k + 1) * head.parameters);
    const spread = head.normal && Math.log1p(Math.exp(own[1] + 0.5413)) + 1e-3;
    const standard = head.normal ? head.normal.map((normal) => own[0] + spread * normal) : head.quantiles ? head.quantiles.map((normal, level) => own[level] + normal) : [own[0]];
    const numbers = standard.map((one) => (one + (line ? line[k] : 0)) * head.std[k] + head.mean[k]);
    const restored = head.log ? numbers.map(Math.exp) : numbers;
    return restored.reduce((a, b) => a + b, 0) / restored.length;
  });
  return { ...encoded, values };
}

// What a decoder writes for a source, the likeliest token at each step (kassandra/targets/text/train): ids, pieces'
// probabilities, and where it looked, (pieces, source pieces).
function translate(model, ids, held = {}) {
  const read = model.reverse ? [...ids].reverse() : ids;
  const encoded = encode(model.encoder, embedded(model, read), held), { decoder, head } = model;
  const values = model.reverse ? [...encoded.outputs].reverse() : encoded.outputs;
  const keys = decoder.keys ? values.map((row) => affine(row, decoder.keys, decoder.keysBias || new Float32Array(decoder.keys.length / row.length))) : values;
  const begin = affine(encoded.summary, decoder.bridge, decoder.bridgeBias).map(Math.tanh);
  let at = 0;
  let states = decoder.layers.map(({ hidden }) => {
    const state = { h: begin.slice(at, at + hidden), c: begin.slice(at + hidden, at + 2 * hidden) };
    at += 2 * hidden;
    return state;
  });
  const row = (table, size, id) => Array.from(table.subarray(id * size, (id + 1) * size));
  const written = [], probabilities = [], alignment = [], most = 2 * ids.length + 10;
  let token = 2, fed = decoder.fed ? new Array(decoder.fed).fill(0) : [];
  while (written.length < most) {
    let vector = [...row(decoder.table, decoder.size, token), ...fed];
    states = decoder.layers.map((layer, number) => {
      const { state } = lstm(layer, [vector], {}, states[number]);
      vector = state.h;
      return state;
    });
    if (decoder.attention) {
      const query = decoder.query ? affine(vector, decoder.query, new Float32Array(decoder.query.length / vector.length)) : vector;
      const scores = keys.map((key) => (decoder.weigh ? dot(key.map((value, k) => Math.tanh(value + query[k])), decoder.weigh, 0) : dot(key, query, 0)));
      const shares = softmax(scores);
      alignment.push(shares);
      vector = [...columns(values).map((each) => dot(each, shares, 0)), ...vector];
    }
    const output = affine(vector, decoder.say, decoder.sayBias);
    const shares = softmax(affine(output, head.W, head.b));
    [0, 1, 2].forEach((never) => (shares[never] = 0));
    token = shares.indexOf(shares.reduce((a, b) => Math.max(a, b), 0));
    if (decoder.fed) fed = output;
    written.push(token);
    probabilities.push(shares[token]);
    if (token === 3) break;
  }
  return { ...encoded, written, probabilities, alignment: decoder.attention ? alignment : null };
}

// The JSON of the page, in which {at, size} stands for numbers of one long array.
function unpack(tree, numbers) {
  if (Array.isArray(tree)) return tree.map((one) => unpack(one, numbers));
  if (tree === null || typeof tree !== "object") return tree;
  if (Object.keys(tree).length === 2 && "at" in tree && "size" in tree) return numbers.subarray(tree.at, tree.at + tree.size);
  return Object.fromEntries(Object.entries(tree).map(([key, one]) => [key, unpack(one, numbers)]));
}

// Readers: what a person gives, as what the model reads, and what to call each step.
const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]";
const READERS = {
  pixels(reader, pixels) { // height × width in [0, 1]
    const scaled = pixels.flat().map((value) => (value - reader.mean) / reader.std);
    const ordered = reader.order ? reader.order.map((place) => scaled[place]) : scaled;
    const width = ordered.length / reader.steps;
    const steps = Array.from({ length: reader.steps }, (_, t) => ordered.slice(t * width, (t + 1) * width));
    return { inputs: steps, names: steps.map((_, t) => `${reader.order || width < 2 ? "pixel" : "row"} ${t + 1}`) };
  },
  words(reader, text) {
    let plain = text.normalize("NFKC").replace(/<\s*\/?\s*(br|p|i|b|em)\s*\/?\s*>/gu, " ");
    if (reader.lowercase) plain = plain.toLowerCase();
    const pattern = reader.tokens === "words" ? `${WORD}+(?:['’]${WORD}+)*|(?!${WORD})[^\\s]` : "[\\s\\S]";
    const found = plain.match(new RegExp(pattern, "gu")) || [""];
    const first = { start: reader.most, end: 0, ends: reader.most - Math.floor(reader.most / 2) }[reader.keep];
    const kept = found.length <= reader.most ? found : [...found.slice(0, first), ...found.slice(found.length - (reader.most - first))];
    return { inputs: kept.map((token) => reader.ids.get(token) ?? 1), names: kept };
  },
  pairs(reader, text) { // byte pairs (Sennrich et al. 2016): the pair that was learned first is joined first
    let plain = text.normalize("NFC").replaceAll("▁", "_").replace(/\s+/gu, " ").trim();
    if (reader.lowercase) plain = plain.toLowerCase();
    const words = `▁${plain.replaceAll(" ", "▁")}`.match(/▁[^▁]*/gu) || [];
    const mark = /▁?(?:(?![▁'’-])[\p{P}\p{S}]|(?<![\p{L}\p{M}\p{N}])['’-]|['’-](?![\p{L}\p{M}\p{N}]))/gu;
    const parts = words.flatMap((word) => {
      const cut = [];
      let done = 0;
      for (const found of word.matchAll(mark)) {
        if (found.index > done) cut.push(word.slice(done, found.index));
        cut.push(found[0]);
        done = found.index + found[0].length;
      }
      return done < word.length ? [...cut, word.slice(done)] : cut;
    });
    const names = parts.flatMap((part) => {
      let pieces = Array.from(part);
      for (;;) {
        let [lowest, place] = [Infinity, -1];
        for (let k = 0; k + 1 < pieces.length; k++) {
          const rank = reader.ranks.get(`${pieces[k]} ${pieces[k + 1]}`);
          if (rank < lowest) [lowest, place] = [rank, k];
        }
        if (place < 0) return pieces;
        const [a, b] = [pieces[place], pieces[place + 1]], joined = [];
        for (let k = 0; k < pieces.length; k++) {
          if (pieces[k] === a && pieces[k + 1] === b) joined.push(a + b), k++;
          else joined.push(pieces[k]);
        }
        pieces = joined;
      }
    });
    const ids = names.map((piece) => reader.ids.get(piece) ?? 1);
    return { inputs: [...(ids.length ? ids : [1]), 3], names: [...(names.length ? names : [""]), "</s>"] };
  },
  stream(reader, text) {
    const parts = reader.tokens === "characters" ? Array.from(text) : (text.match(/\n|[^\s]+/gu) || []).map((w) => (w === "\n" ? "<eos>" : w));
    const kept = parts.filter((part) => reader.ids.has(part));
    return { inputs: kept.map((part) => reader.ids.get(part)), names: kept, left: parts.length - kept.length };
  },
  table(reader, text) { // rows of numbers, the last ones of a series, columns in the order of reader.inputs
    const rows = text.split("\n").map((line) => line.trim().split(/[\s;,]+/).filter(Boolean).map(Number)).filter((row) => row.length);
    const bad = rows.findIndex((row) => row.length !== reader.inputs.length || row.some((value) => !Number.isFinite(value)));
    if (bad >= 0) throw new Error(`row ${bad + 1}: expected ${reader.inputs.length} numbers: ${reader.inputs.join(", ")}`);
    if (rows.length < reader.window) throw new Error(`${rows.length} rows; the model reads ${reader.window}`);
    const window = rows.slice(-reader.window).map((row) => row.map((value, k) => (value - reader.mean[k]) / reader.std[k]));
    return { inputs: window, names: window.map((_, t) => `row ${rows.length - reader.window + t + 1}`) };
  },
  sentence(reader, text) { // words at their spaces, each with its letters
    const words = text.split(/\s+/u).filter(Boolean);
    const inputs = words.map((word) => {
      const letters = Array.from(word), kept = letters.length <= 64 ? letters : [...letters.slice(0, 32), ...letters.slice(-32)];
      return [reader.ids.get(reader.lowercase ? word.toLowerCase() : word) ?? 1, ...kept.map((letter) => reader.letters.get(letter) ?? 1)];
    });
    return { inputs, names: words };
  },
  series(reader, text) { // a whole series as it was measured: a row per step, empty cells are missing
    const lines = text.split("\n").filter((line) => line.trim()), width = reader.columns.length;
    const mark = text.includes(",") ? "," : text.includes(";") ? ";" : /\s+/u;
    const number = (cell) => (/^(|nan|na|\?)$/iu.test(cell) ? NaN : Number.isFinite(Number(cell)) ? Number(cell) : null);
    const table = lines.map((line) => line.trim().split(mark).map((cell) => number(cell.trim())));
    if (table.length > 1 && table[0].includes(null)) table.shift(); // names of columns
    const bad = table.findIndex((row) => row.length !== width || row.includes(null));
    if (bad >= 0) throw new Error(`row ${bad + 1}: expected ${width} numbers: ${reader.columns.join(", ")}`);
    if (!table.length) throw new Error("no row of numbers");
    const values = reader.columns.map((_, k) => table.map((row) => row[k]));
    const scaled = values.map((column, k) => {
      const there = column.filter((value) => !Number.isNaN(value)), count = Math.max(there.length, 1);
      if (reader.missing === "error" && there.length < column.length) throw new Error(`${reader.columns[k]}: a value is missing, and train had none`);
      let [mean, std] = [reader.mean[k], reader.std[k]];
      if (reader.normalise === "series") {
        mean = there.reduce((a, b) => a + b, 0) / count;
        std = Math.sqrt(there.reduce((a, b) => a + (b - mean) ** 2, 0) / count);
        if (std <= 1e-12 * Math.abs(mean) || std === 0) std = 1;
      }
      return column.map((value) => (value - mean) / std);
    });
    const filled = scaled.map((column) => column.map((value, t) => {
      if (!Number.isNaN(value)) return value;
      if (reader.missing !== "interpolate") return 0;
      let [before, after] = [t, t];
      while (before >= 0 && Number.isNaN(column[before])) before--;
      while (after < column.length && Number.isNaN(column[after])) after++;
      if (before < 0 && after >= column.length) return 0;
      if (before < 0) return column[after];
      if (after >= column.length) return column[before];
      return column[before] + ((column[after] - column[before]) * (t - before)) / (after - before);
    }));
    const features = [...filled, ...reader.masked.map((k) => values[k].map((value) => (Number.isNaN(value) ? 1 : 0)))];
    const inputs = [], names = [];
    for (let from = 0; from < table.length; from += reader.pool) {
      const to = Math.min(from + reader.pool, table.length);
      inputs.push(features.map((column) => column.slice(from, to).reduce((a, b) => a + b, 0) / (to - from)));
      names.push(to - from > 1 ? `rows ${from + 1}–${to}` : `row ${from + 1}`);
    }
    return { inputs, names };
  },
  waveform(reader, samples) { // of the sample rate of training, in [-1, 1]
    const { frame_length: size, hop_length: hop, fft_size: fft, edges } = reader;
    const mel = (hz) => 2595 * Math.log10(1 + hz / 700), bins = fft / 2 + 1;
    const filters = edges.slice(2).map((high, band) => Array.from({ length: bins }, (_, k) => {
      const at = mel((k * reader.sample_rate) / fft), low = edges[band], middle = edges[band + 1];
      return Math.max(0, Math.min((at - low) / (middle - low), (high - at) / (high - middle)));
    }));
    const cos = Array.from({ length: fft }, (_, k) => Math.cos((2 * Math.PI * k) / fft));
    const energies = [];
    for (let begin = 0; begin + size <= samples.length; begin += hop) {
      const frame = Array.from({ length: size }, (_, k) => samples[begin + k] * (0.5 - 0.5 * Math.cos((2 * Math.PI * k) / size)));
      const power = Array.from({ length: bins }, (_, bin) => {
        let real = 0, imaginary = 0;
        frame.forEach((value, k) => {
          real += value * cos[(bin * k) % fft];
          imaginary += value * cos[(bin * k + (3 * fft) / 4) % fft];
        });
        return real * real + imaginary * imaginary;
      });
      energies.push(filters.map((filter) => dot(power, filter, 0)));
    }
    const loudest = Math.max(energies.flat().reduce((a, b) => Math.max(a, b), 0), 1e-300);
    const scaled = (all) => {
      const middle = all.reduce((a, b) => a + b, 0) / all.length;
      const spread = Math.max(Math.sqrt(all.reduce((a, b) => a + (b - middle) ** 2, 0) / all.length), 1e-2);
      return all.map((value) => (value - middle) / spread);
    };
    const standard = (rows) => {
      if (reader.by_band) return columns(columns(rows).map(scaled));
      const all = scaled(rows.flat()), width = rows[0].length;
      return rows.map((_, t) => all.slice(t * width, (t + 1) * width));
    };
    const parts = [standard(energies.map((row) => row.map((e) => Math.log(e / loudest + reader.range))))];
    const slope = (rows) => rows.map((row, t) => row.map((_, k) => {
      const at = (place) => rows[Math.min(Math.max(place, 0), rows.length - 1)][k];
      return (at(t + 1) - at(t - 1) + 2 * (at(t + 2) - at(t - 2))) / 10;
    }));
    for (let round = 0; round < 2 * reader.deltas; round++) parts.push(standard(slope(last(parts))));
    const frames = energies.map((_, t) => parts.flatMap((rows) => rows[t])), { stack } = reader, inputs = [];
    for (let t = 0; t < frames.length; t += stack) { // several frames side by side, zeros behind the last one
      inputs.push(Array.from({ length: stack }, (_, k) => frames[t + k] || frames[0].map(() => 0)).flat());
    }
    return { inputs, names: inputs.map((_, t) => `${Math.round((t * stack * hop * 1000) / reader.sample_rate)} ms`) };
  },
};

if (typeof module !== "undefined") module.exports = { lstm, encode, classify, follow, estimate, translate, tag, transcribe, wordsOf, unpack, READERS, softmax };
