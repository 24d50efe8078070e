"use strict";
// What a person does with the page; all that is computed is in lstm.js. Texts are set as text, never as markup.

const bytes = Uint8Array.from(atob(document.getElementById("numbers").textContent), (sign) => sign.charCodeAt(0));
const model = unpack(JSON.parse(document.getElementById("model").textContent), new Float32Array(bytes.buffer));
const numbered = (names) => new Map((names || []).map((name, number) => [name, number]));
const reader = { ...model.reader, ids: numbered(model.reader.vocabulary), ranks: numbered(model.reader.merges), letters: numbered(model.reader.alphabet) };
const $ = (id) => document.getElementById(id);
const GATES = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate", c: "cell state", h: "output" };
const SHOWN = 10, WORK = 4000; // bars; steps of an LSTM that are computed at once for a picture
const percent = (p) => (p > 0.99999 ? "> 99.999%" : p >= 0.9995 || p < 0.0005 ? `${(100 * p).toFixed(3)}%` : `${(100 * p).toFixed(1)}%`);
const spelled = (name) => (name === "\n" ? "⏎" : name === " " ? "␣" : name);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

let given = null; // {inputs, names}
let result = null; // of it, with no gate held
let later = 0;

const ANSWERS = { classes: classify, next: follow, numbers: estimate, text: translate, tags: tag, transcript: transcribe };
const compute = (inputs, held) => ANSWERS[model.answer](model, inputs, held);
const numeric = model.answer === "numbers"; // else probabilities of model.classes
const outcome = (computed) => (numeric ? computed.values : computed.probabilities);
const writtenAs = (value) => (numeric ? Number(value.toPrecision(4)).toString().replace("-", "−") : percent(value));
const outcomes = numeric ? model.head.names : model.classes;
// Answers that are sequences: how they are said, drawn, and what of one differs from another.
const SEQUENCES = {
  text: { say: (computed) => sentence(computed) || "(nothing)", draw: aligned },
  tags: { say: tagged, draw: tags, differs: otherTags },
  transcript: { say: (computed) => wordsOf(model, computed.written).map(({ word }) => word).join(" ") || "(nothing)", draw: spikes },
};
const sequence = SEQUENCES[model.answer];
const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

function show(read) {
  if (!read.inputs.length) return;
  given = read;
  result = compute(given.inputs, {});
  if (sequence) {
    $("answer").textContent = sequence.say(result);
    sequence.draw();
    layers();
    held();
    return;
  }
  const place = numeric ? 0 : best(result.probabilities), name = spelled(outcomes[place]);
  const first = { next: "The next token is most likely ", classes: "It is most likely ", numbers: "" }[model.answer];
  $("answer").textContent = `${first}${name}: ${writtenAs(outcome(result)[place])}`;
  bars();
  layers();
  held();
  clearTimeout(later);
  later = setTimeout(() => curves(place), 50); // which takes a while
}

const sentence = ({ written }) => written.filter((id) => id > 3).map((id) => model.classes[id]).join("").replaceAll("▁", " ").trim();

// Where the decoder looked: a row for each piece that it wrote, in hundredths.
function aligned() {
  const head = make("tr", {}, make("th"), ...given.names.map((name) => make("th", { scope: "col", textContent: name })), make("th", { scope: "col", textContent: "p" }));
  const rows = result.written.map((id, step) => {
    const shares = result.alignment ? result.alignment[step] : given.names.map(() => 0);
    const cells = shares.map((share) => {
      const cell = make("td", { textContent: share >= 0.005 ? String(Math.round(100 * share)) : "·" });
      cell.style.background = `color-mix(in srgb, var(--bar) ${Math.round(70 * share)}%, transparent)`;
      return cell;
    });
    return make("tr", {}, make("th", { scope: "row", textContent: model.classes[id] }), ...cells, make("td", { textContent: percent(result.probabilities[step]) }));
  });
  $("bars").replaceChildren(make("div", { className: "wide", tabIndex: 0 }, make("table", {}, head, ...rows)));
}

// Steps that belong together: a span, rows of one tag, or a step alone. type "" is that of no span.
function parts(path) {
  const every = [];
  path.forEach((place, step) => {
    const name = model.classes[place], type = !model.spans ? name : name === "O" ? "" : name.slice(2), before = last(every);
    const goesOn = before && before.type === type && (model.spans ? name.startsWith("I-") : model.steps === "rows");
    if (goesOn) before.end = step + 1;
    else every.push({ first: step, end: step + 1, type });
  });
  return every;
}
const spelledPart = ({ first, end }) => (model.steps === "rows" && end > first + 1 ? `${given.names[first]} to ${given.names[end - 1]}` : given.names.slice(first, end).join(" "));

function tagged({ path }) {
  const named = parts(path).filter(({ type }) => type);
  return named.map((part) => `${spelledPart(part)}: ${part.type}`).join("; ") || "There is no span in it.";
}

function otherTags({ path }) {
  const differ = path.flatMap((place, step) => (place === result.path[step] ? [] : [`${given.names[step]}: ${model.classes[result.path[step]]} → ${model.classes[place]}`]));
  return differ.length ? `${differ.length} of ${path.length} tags change. ${differ.slice(0, 20).join("; ")}${differ.length > 20 ? "; …" : ""}` : `No tag changes (0 → 0 of ${path.length}).`;
}

// A button for each part, its type below; of the one that was pressed last, how probable each tag is.
function tags() {
  const types = [...new Set(model.classes.map((name) => (model.spans && name !== "O" ? name.slice(2) : name)))];
  const details = make("div", { id: "details" });
  const buttons = parts(result.path).map((part) => {
    const sure = Math.min(...result.path.slice(part.first, part.end).map((place, k) => result.probabilities[part.first + k][place]));
    const button = make("button", { type: "button", className: "part" }, make("span", { textContent: spelledPart(part) }), make("small", { textContent: part.type ? `${part.type} ${percent(sure)}` : percent(sure) }));
    if (part.type) button.style.background = `hsl(${(137.5 * types.indexOf(part.type)) % 360} 60% 50% / 0.25)`;
    button.addEventListener("click", () => {
      buttons.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      const steps = Array.from({ length: Math.min(part.end - part.first, 5) }, (_, k) => part.first + k);
      details.replaceChildren(...steps.flatMap((step) => [make("h3", { textContent: given.names[step] }), ...barsOf(result.probabilities[step], model.classes)]));
    });
    return button;
  });
  $("bars").replaceChildren(make("div", { className: "parts" }, ...buttons), details);
  if (buttons.length) buttons[Math.max(0, parts(result.path).findIndex(({ type }) => type))].click();
}

// The probability of each token that is written, over time, and (dashed) that of none.
function spikes() {
  const { probabilities, written } = result, steps = probabilities.length;
  const seconds = (reader.stack * reader.hop_length) / reader.sample_rate;
  const width = Math.max($("bars").clientWidth, Math.min(3000, 7 * steps)), x = (t) => 30 + ((width - 40) * (t + 0.5)) / steps, y = (p) => 150 - 120 * p;
  const words = wordsOf(model, written).map(({ word, first, last: end }) => `${word} ${(first * seconds).toFixed(2)}–${((end + 1) * seconds).toFixed(2)} s`);
  const { svg, add } = picture(width, 185, `when each token is written: ${words.join(", ")}`);
  svg.style.width = `${width}px`;
  [0, 0.5, 1].forEach((p) => {
    add("line", { x1: 30, x2: width - 10, y1: y(p), y2: y(p), stroke: "var(--line)", "stroke-width": 0.5 });
    add("text", { x: 0, y: y(p) + 4 }, String(p));
  });
  const line = (token) => probabilities.map((row, t) => `${x(t).toFixed(1)},${y(row[token]).toFixed(1)}`).join(" ");
  add("polyline", { points: line(0), fill: "none", stroke: "var(--other)", "stroke-width": 1, "stroke-dasharray": "4 3" });
  [...new Set(written.map(({ token }) => token))].forEach((token) => add("polyline", { points: line(token), fill: "none", stroke: "var(--bar)", "stroke-width": 2 }));
  written.forEach(({ token, first, last: end }) => {
    let peak = first;
    for (let t = first; t <= end; t++) if (probabilities[t][token] > probabilities[peak][token]) peak = t;
    add("text", { x: x(peak), y: y(probabilities[peak][token]) - 5, "text-anchor": "middle", "font-weight": 600 }, model.classes[token].replaceAll("▁", "␣").replaceAll(" ", "␣"));
  });
  const every = [0.1, 0.2, 0.5, 1, 2].find((one) => one / seconds / steps > 60 / width) || 5;
  for (let time = 0; time < steps * seconds; time += every) add("text", { x: x(time / seconds - 0.5), y: 175, "text-anchor": "middle" }, `${Number(time.toFixed(1))} s`);
  const note = "Solid: how probable each token is at each step; dashed: that none is written there.";
  $("bars").replaceChildren(make("div", { className: "wide", tabIndex: 0 }, svg), make("p", { id: "words", textContent: words.join(" · ") }), make("p", { className: "note", textContent: note }));
}

const barsOf = (probabilities, names) => probabilities.map((p, k) => [p, k]).sort((a, b) => b[0] - a[0]).slice(0, SHOWN).map(([p, k]) => bar(spelled(names[k]), p, percent(p)));
function bar(name, share, written) {
  const length = make("i", { className: share < 0 ? "against" : "" });
  length.style.width = `${100 * Math.abs(share)}%`;
  return make("div", { className: "bar" }, make("span", { textContent: name }), make("span", {}, length), make("b", { textContent: written }));
}

function bars() {
  if (!numeric) {
    $("bars").replaceChildren(...barsOf(outcome(result), outcomes));
    return;
  }
  const order = outcome(result).map((p, k) => [p, k]);
  const whole = Math.max(...order.map(([value]) => Math.abs(value)), 1e-300);
  $("bars").replaceChildren(...order.map(([value, k]) => bar(spelled(outcomes[k]), value / whole, writtenAs(value))));
}

// After the first steps, of the last steps, and without each one; of long inputs at some places only.
function curves(place) {
  const { inputs, names } = given, count = inputs.length;
  if (model.head.L) { // a linear map of the whole window is added, so that a part of it has no answer
    $("curves").textContent = "This model adds a linear map of the whole window: there is no answer of a part of it.";
    return;
  }
  const every = Math.max(1, Math.ceil((count * count) / WORK));
  const places = Array.from({ length: count }, (_, t) => t).filter((t) => t % every === 0 || t === count - 1);
  const of = (part) => outcome(compute(part, {}))[place];
  const forwards = places.map((t) => [t, of(inputs.slice(0, t + 1))]);
  const backwards = places.map((t) => [t, of(inputs.slice(t))]);
  draw(forwards, backwards, count);
  const alone = every === 1 && count > 1 ? inputs.map((_, t) => of([...inputs.slice(0, t), ...inputs.slice(t + 1)])) : null;
  const whole = outcome(result)[place], odds = (p) => (numeric ? p : Math.log(p / Math.max(1 - p, 1e-12)));
  const effects = alone && alone.map((p) => odds(whole) - odds(p));
  const most = effects && Math.max(...effects.map(Math.abs), 1e-9);
  const shown = effects || model.embedding ? 400 : 0; // what was written is worth seeing, "row 1" is not
  $("steps").replaceChildren(...names.slice(0, shown).map((name, t) => {
    const chip = make("span", { className: "chip", textContent: spelled(name) });
    if (!effects) return chip;
    const bar = make("i", { className: effects[t] < 0 ? "against" : "" });
    bar.style.width = `${(100 * Math.abs(effects[t])) / most}%`;
    chip.title = `without it ${writtenAs(alone[t])}`;
    const size = numeric ? Math.abs(effects[t]).toPrecision(2) : Math.abs(effects[t]).toFixed(2);
    chip.append(make("b", { textContent: ` ${effects[t] >= 0 ? "+" : "−"}${size}` }), bar);
    return chip;
  }));
}

// An SVG, and what adds an element to it.
function picture(width, height, label) {
  const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
  Object.entries({ viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }).forEach(([key, value]) => svg.setAttribute(key, value));
  const add = (tag, attributes, text = "") => {
    const element = document.createElementNS(space, tag);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    element.textContent = text;
    svg.append(element);
  };
  return { svg, add };
}

function draw(forwards, backwards, count) {
  const width = Math.max(300, Math.min(900, $("curves").clientWidth));
  const { svg, add } = picture(width, 170, "the answer by step");
  const all = [...forwards, ...backwards].map(([, p]) => p);
  const [low, high] = numeric ? [Math.min(...all), Math.max(...all, Math.min(...all) + 1e-12)] : [0, 1];
  const x = (t) => 40 + ((width - 50) * (t + 0.5)) / count, y = (p) => 140 - (125 * (p - low)) / (high - low);
  [low, (low + high) / 2, high].forEach((p) => {
    add("line", { x1: 40, x2: width - 10, y1: y(p), y2: y(p), stroke: "var(--line)", "stroke-width": 0.5 });
    add("text", { x: 0, y: y(p) + 4 }, numeric ? Number(p.toPrecision(2)).toString() : `${100 * p}%`);
  });
  const line = (points) => points.map(([t, p]) => `${x(t).toFixed(1)},${y(p).toFixed(1)}`).join(" ");
  add("polyline", { points: line(forwards), fill: "none", stroke: "var(--bar)", "stroke-width": 2 });
  add("polyline", { points: line(backwards), fill: "none", stroke: "var(--other)", "stroke-width": 2, "stroke-dasharray": "6 4" });
  add("text", { x: 40, y: 162 }, "solid: up to this step; dashed: from it on");
  $("curves").replaceChildren(svg);
}

// One scale for all maps, of growing lightness, readable in grey and to the colour-blind: -1 dark, +1 light.
const STOPS = [[0, 32, 77], [66, 77, 107], [124, 123, 120], [187, 175, 113], [255, 234, 70]];
function colour(value) {
  const at = Math.min(Math.max((value + 1) / 2, 0), 1) * 4, low = Math.min(Math.floor(at), 3);
  return STOPS[low].map((part, k) => part + (at - low) * (STOPS[low + 1][k] - part));
}

// Nineteen of twenty cells lie within it; those beyond have the colours of the ends.
const reach = (cells) => Math.max(0.5, cells.map(Math.abs).sort((a, b) => a - b)[Math.floor(0.95 * cells.length)]);

function layers() {
  const names = result.traces.map((one) => one.name.trim() || "the only one"), chosen = $("layer").selectedIndex;
  $("layer").replaceChildren(...names.map((name) => make("option", { textContent: name })));
  $("layer").selectedIndex = chosen >= 0 && chosen < names.length ? chosen : 0;
  maps();
  const { attention } = result;
  $("attention").replaceChildren(...(attention ? [make("h3", { textContent: "Attention" }), ...attention.map((share, t) => {
    const length = make("i");
    length.style.width = `${100 * share}%`;
    return make("div", { className: "bar" }, make("span", { textContent: spelled(given.names[t]) }), make("span", {}, length), make("b", { textContent: percent(share) }));
  })] : []));
}

function maps() {
  const { trace } = result.traces[$("layer").selectedIndex], steps = trace.h.length, units = trace.h[0].length;
  $("maps").replaceChildren(...Object.entries(GATES).map(([gate, name]) => {
    const canvas = make("canvas", { width: steps, height: units, tabIndex: 0 }), image = new ImageData(steps, units);
    const lowest = "ifo".includes(gate) ? 0 : -1, wide = gate === "c" ? reach(trace.c.flat()) : 1;
    trace[gate].forEach((row, t) => row.forEach((value, k) => {
      const scaled = lowest === 0 ? 2 * value - 1 : value / wide;
      image.data.set([...colour(scaled), 255], 4 * (k * steps + t));
    }));
    canvas.getContext("2d").putImageData(image, 0, 0);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${name}, ${units} units by ${steps} steps`);
    const at = { step: 0, unit: 0 };
    const read = () => {
      const values = Object.keys(GATES).map((each) => `${each} ${trace[each][at.step][at.unit].toFixed(3)}`).join(", ");
      $("reading").textContent = `Step ${at.step + 1} (${spelled(given.names[at.step])}), unit ${at.unit}: ${values}`;
    };
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      at.step = Math.min(steps - 1, Math.max(0, Math.floor((steps * (event.clientX - box.left)) / box.width)));
      at.unit = Math.min(units - 1, Math.max(0, Math.floor((units * (event.clientY - box.top)) / box.height)));
      read();
    });
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!move) return;
      event.preventDefault();
      at.step = Math.min(steps - 1, Math.max(0, at.step + move[0]));
      at.unit = Math.min(units - 1, Math.max(0, at.unit + move[1]));
      read();
    });
    canvas.addEventListener("focus", read);
    const scale = lowest === 0 ? "0 dark, 1 light" : `−${wide.toFixed(1)} and below dark, ${wide.toFixed(1)} and above light`;
    return make("figure", {}, canvas, make("figcaption", { textContent: `${gate}: ${name}, ${scale}` }));
  }));
}

const hold = { gate: "none", open: 0, unit: null };
function holding() {
  const choice = (label, options, change) => {
    const select = make("select");
    select.append(...options.map(([value, text]) => make("option", { value, textContent: text })));
    select.addEventListener("change", () => (change(select.value), held()));
    return make("label", { textContent: `${label} ` }, select);
  };
  const unit = make("input", { type: "number", min: 0, placeholder: "all" });
  unit.addEventListener("input", () => ((hold.unit = unit.value === "" ? null : Number(unit.value)), held()));
  $("holding").className = "row";
  $("holding").append(
    choice("Gate", [["none", "none"], ["i", "input i"], ["f", "forget f"], ["o", "output o"]], (value) => (hold.gate = value)),
    choice("Held", [["0", "shut (0)"], ["1", "open (1)"]], (value) => (hold.open = Number(value))),
    make("label", { textContent: "Unit " }, unit),
  );
  $("holding").addEventListener("submit", (event) => event.preventDefault());
}

function held() {
  if (!result) return;
  if (hold.gate === "none") {
    $("held").textContent = "No gate is held.";
    return;
  }
  if (sequence) {
    const changed = compute(given.inputs, { [hold.gate]: { open: hold.open, unit: hold.unit } });
    $("held").textContent = sequence.differs ? sequence.differs(changed) : `${sequence.say(result)} → ${sequence.say(changed)}`;
    return;
  }
  const changed = outcome(compute(given.inputs, { [hold.gate]: { open: hold.open, unit: hold.unit } })), before = outcome(result);
  const place = numeric ? 0 : best(before), now = numeric ? 0 : best(changed);
  const same = now === place ? "The answer stays" : `The answer becomes ${spelled(outcomes[now])} (${writtenAs(changed[now])}); that of before was`;
  $("held").textContent = `${numeric ? "The answer," : same} ${spelled(outcomes[place])}: ${writtenAs(before[place])} → ${writtenAs(changed[place])}`;
}

// A file that is chosen, or dropped anywhere.
function fileInput(accept, read) {
  const file = make("input", { type: "file", accept, id: "file" });
  file.addEventListener("change", () => file.files[0] && read(file.files[0]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
  });
  return file;
}

// The inputs: one function for each reader.
const INPUTS = {
  pixels() {
    const { height, width } = reader, scale = Math.max(1, Math.floor(280 / Math.max(height, width)));
    const pixels = Array.from({ length: height }, () => new Array(width).fill(0));
    const canvas = make("canvas", { width: width * scale, height: height * scale, tabIndex: 0, id: "pad" });
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", "drawing: arrow keys move, space draws, Delete clears");
    canvas.style.touchAction = "none";
    const at = { x: width >> 1, y: height >> 1 };
    const paint = () => {
      const context = canvas.getContext("2d");
      pixels.forEach((row, y) => row.forEach((value, x) => {
        context.fillStyle = `rgb(${Array(3).fill(Math.round(255 * value))})`;
        context.fillRect(x * scale, y * scale, scale, scale);
      }));
      if (document.activeElement === canvas) {
        context.strokeStyle = "#f0a860";
        context.strokeRect(at.x * scale + 0.5, at.y * scale + 0.5, scale - 1, scale - 1);
      }
    };
    const dab = (x, y) => {
      for (let v = 0; v < height; v++) for (let u = 0; u < width; u++) {
        const near = Math.max(0, 1.6 - Math.hypot(u + 0.5 - x, v + 0.5 - y)); // a pen of about two pixels
        pixels[v][u] = Math.min(1, Math.max(pixels[v][u], near));
      }
    };
    const seen = () => ($("centre").checked ? centred(pixels) : pixels);
    const look = () => {
      paint();
      if (pixels.flat().some(Boolean)) show(READERS.pixels(reader, seen()));
    };
    let before = null;
    const move = (event) => {
      if (!before) return;
      const box = canvas.getBoundingClientRect();
      const now = [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
      const parts = Math.ceil(2 * Math.hypot(now[0] - before[0], now[1] - before[1])) || 1;
      for (let k = 0; k <= parts; k++) dab(before[0] + ((now[0] - before[0]) * k) / parts, before[1] + ((now[1] - before[1]) * k) / parts);
      before = now;
      paint();
    };
    canvas.addEventListener("pointerdown", (event) => {
      const box = canvas.getBoundingClientRect();
      before = [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
      canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", () => ((before = null), look()));
    const clear = () => {
      pixels.forEach((row) => row.fill(0));
      paint();
    };
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (step) [at.x, at.y] = [Math.min(width - 1, Math.max(0, at.x + step[0])), Math.min(height - 1, Math.max(0, at.y + step[1]))];
      else if (event.key === " ") dab(at.x + 0.5, at.y + 0.5);
      else if (event.key === "Delete" || event.key === "Backspace") clear();
      else return;
      event.preventDefault();
      look();
    });
    ["focus", "blur"].forEach((name) => canvas.addEventListener(name, paint));
    const centre = make("input", { type: "checkbox", id: "centre", checked: true });
    centre.addEventListener("change", look);
    const button = make("button", { type: "button", textContent: "Clear", onclick: clear });
    $("input").append(
      make("p", { className: "note", textContent: "Draw with the pointer; or with the keyboard: arrow keys move, space draws." }),
      canvas,
      make("div", { className: "row" }, button, make("label", {}, centre, " centre it, as digits of MNIST are")),
    );
    paint();
  },
  words() {
    const text = make("textarea", { id: "text", value: "A wonderful film, though the end is a little too long." });
    text.setAttribute("aria-label", "text");
    const read = () => text.value.trim() && show(READERS.words(reader, text.value));
    let typing = 0;
    text.addEventListener("input", () => (clearTimeout(typing), (typing = setTimeout(read, 150))));
    $("input").append(text);
    show(READERS.words(reader, text.value));
  },
  stream() {
    const text = make("textarea", { id: "text", value: "ROMEO:\nWhat light" });
    text.setAttribute("aria-label", "prompt");
    const heat = make("input", { type: "number", id: "heat", value: 0.6, min: 0, max: 3, step: 0.1 });
    const more = make("button", { type: "button", textContent: "Write on", id: "more" });
    const written = make("p", { className: "written", id: "written" });
    written.setAttribute("aria-live", "polite");
    const read = () => {
      const given = READERS.stream(reader, text.value);
      if (given.inputs.length) show({ inputs: given.inputs.slice(-120), names: given.names.slice(-120) });
      return given;
    };
    text.addEventListener("input", read);
    more.addEventListener("click", () => {
      let { inputs } = read(), states = null, count = reader.tokens === "characters" ? 120 : 30;
      written.textContent = "";
      const write = () => { // a few tokens at a time, so that the page stays alive
        for (let k = 0; k < 4 && count > 0; k++, count--) {
          const next = follow(model, inputs, hold.gate === "none" ? {} : { [hold.gate]: { open: hold.open, unit: hold.unit } }, states);
          const id = drawn(next.probabilities, Number(heat.value));
          const token = model.classes[id];
          written.textContent += reader.tokens === "characters" ? token : token === "<eos>" ? "\n" : ` ${token}`;
          [inputs, states] = [[id], next.states];
        }
        if (count > 0) setTimeout(write);
      };
      write();
    });
    $("input").append(text, make("div", { className: "row" }, make("label", { textContent: "Temperature " }, heat), more), written);
    read();
  },
  pairs() {
    const text = make("textarea", { id: "text", value: "She reads a book in the garden." });
    text.setAttribute("aria-label", "sentence");
    const read = () => text.value.trim() && show(READERS.pairs(reader, text.value.slice(0, 500)));
    let typing = 0;
    text.addEventListener("input", () => (clearTimeout(typing), (typing = setTimeout(read, 300))));
    $("input").append(text);
    read();
  },
  table() {
    const rows = Array.from({ length: reader.window }, (_, t) => reader.mean.map((mean, k) => (mean + reader.std[k] * Math.sin(t / 4 + k)).toPrecision(4)).join(", "));
    const text = make("textarea", { id: "text", value: rows.join("\n") }), said = make("p", { id: "said" });
    text.setAttribute("aria-label", "rows of numbers");
    said.setAttribute("role", "status");
    const read = () => {
      try {
        show(READERS.table(reader, text.value));
        said.textContent = "";
      } catch (error) {
        said.textContent = error.message;
      }
    };
    let typing = 0;
    text.addEventListener("input", () => (clearTimeout(typing), (typing = setTimeout(read, 150))));
    const note = `The last ${reader.window} rows of a series like ${reader.series}, pasted: ${reader.inputs.join(", ")}. What stands here is made up.`;
    $("input").append(make("p", { className: "note", textContent: note }), text, said);
    read();
  },
  sentence() {
    const text = make("textarea", { id: "text", value: "Play the new album by Taylor Swift." });
    text.setAttribute("aria-label", "sentence");
    const read = () => show(READERS.sentence(reader, text.value.slice(0, 2000)));
    let typing = 0;
    text.addEventListener("input", () => (clearTimeout(typing), (typing = setTimeout(read, 150))));
    $("input").append(make("p", { className: "note", textContent: "Words are parted at spaces, as those of train were given." }), text);
    read();
  },
  series() {
    const rows = Array.from({ length: reader.steps ? reader.steps * reader.pool : 40 }, (_, t) => reader.mean.map((mean, k) => (mean + reader.std[k] * Math.sin(t / 4 + k)).toPrecision(4)).join(", "));
    const text = make("textarea", { id: "text", value: rows.join("\n") }), said = make("p", { id: "said" });
    text.setAttribute("aria-label", "rows of numbers");
    said.setAttribute("role", "status");
    const read = () => {
      try {
        show(READERS.series(reader, text.value));
        said.textContent = `${given.inputs.length} steps`;
      } catch (error) {
        said.textContent = error.message;
      }
    };
    let typing = 0;
    text.addEventListener("input", () => (clearTimeout(typing), (typing = setTimeout(read, 150))));
    const file = fileInput(".csv,.tsv,.txt,text/csv", async (one) => {
      text.value = await one.text();
      read();
    });
    const size = reader.steps ? `, ${reader.steps * reader.pool} rows in train` : "";
    const note = `A series, a row per step${size}; columns: ${reader.columns.join(", ")}. What stands here is made up.`;
    $("input").append(make("p", { className: "note", textContent: note }), text, make("label", { textContent: "Or a table (.csv), chosen or dropped here " }, file), said);
    read();
  },
  waveform() {
    const said = make("p", { id: "said" }), say = (sentence) => (said.textContent = sentence), longest = 10; // seconds
    said.setAttribute("role", "status");
    const hear = (samples, rate, what = "") => {
      const own = resampled(samples, rate, reader.sample_rate);
      const changed = rate === reader.sample_rate ? "" : `, read at ${reader.sample_rate} Hz`;
      say(`${(samples.length / rate).toFixed(2)} s at ${rate} Hz${changed}${what}`);
      if (own.length < reader.frame_length) throw new Error(`shorter than ${reader.frame_length} samples`);
      if (own.length > longest * reader.sample_rate) throw new Error(`longer than ${longest} s`);
      show(READERS.waveform(reader, own));
    };
    const file = fileInput(".wav,audio/wav", async (one) => {
      try {
        const { samples, rate } = wav(await one.arrayBuffer());
        hear(samples, rate);
      } catch (error) {
        say(`${one.name}: ${error.message}`);
      }
    });
    const spoken = (samples, rate) => {
      try {
        hear(withoutSilence(samples, rate), rate, "; silence at both ends is cut off");
      } catch (error) {
        say(`the recording: ${error.message}`);
      }
    };
    const note = `Speak (up to ${longest} s; press again to stop), or choose or drop a .wav. Nothing leaves this page. Some browsers refuse the microphone to pages that are opened from the disk.`;
    const label = make("label", { textContent: "A recording (.wav) " }, file);
    $("input").append(make("p", { className: "note", textContent: note }), make("div", { className: "row" }, microphone(spoken, say, longest - 0.1), label), said);
  },
};

// Twenty pixels high or wide, the centre of mass in the middle: how MNIST was made.
function centred(pixels) {
  const height = pixels.length, width = pixels[0].length, inked = [];
  pixels.forEach((row, y) => row.forEach((value, x) => value > 0.1 && inked.push([x, y])));
  if (!inked.length) return pixels;
  const xs = inked.map(([x]) => x), ys = inked.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs) + 1, Math.min(...ys), Math.max(...ys) + 1];
  const scale = ((20 / 28) * Math.min(height, width)) / Math.max(right - left, bottom - top);
  const value = (x, y) => {
    const [u, v] = [Math.floor(x), Math.floor(y)], at = (a, b) => (pixels[b] && pixels[b][a]) || 0;
    const [s, t] = [x - u, y - v];
    return at(u, v) * (1 - s) * (1 - t) + at(u + 1, v) * s * (1 - t) + at(u, v + 1) * (1 - s) * t + at(u + 1, v + 1) * s * t;
  };
  let [mass, cx, cy] = [0, 0, 0];
  pixels.forEach((row, y) => row.forEach((ink, x) => ((mass += ink), (cx += ink * x), (cy += ink * y))));
  [cx, cy] = [cx / mass, cy / mass];
  return pixels.map((row, y) => row.map((_, x) => value(cx + (x - (width - 1) / 2) / scale, cy + (y - (height - 1) / 2) / scale)));
}

function drawn(probabilities, heat) {
  const logs = probabilities.map((p, k) => (k < 2 ? -Infinity : Math.log(p))); // padding and unknown are never written
  if (!(heat > 0)) return logs.indexOf(Math.max(...logs));
  const shares = softmax(logs.map((each) => each / heat));
  let left = Math.random();
  const place = shares.findIndex((share) => (left -= share) < 0);
  return place < 0 ? logs.indexOf(Math.max(...logs)) : place;
}

if (sequence) { // maps are of the encoder; what each step adds, the answer itself says
  $("way").parentElement.hidden = true;
  const notes = { text: " (the likeliest piece at each step; where it looked, in hundredths)", transcript: " (the likeliest token of each step)" };
  $("answers").append(notes[model.answer] || "");
}
if (numeric) $("note").textContent = "The answer after the first steps alone, and of the last steps alone. Below, by how much each step moves it, by leaving it out.";
document.title = `${model.name}: an LSTM at work`;
$("name").textContent = model.name;
$("about").textContent = `${model.title}; member ${model.member}. Everything is computed in this page; nothing is sent.`;
$("layer").addEventListener("change", maps);
holding();
INPUTS[reader.reader]();
