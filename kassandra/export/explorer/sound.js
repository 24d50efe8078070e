"use strict";
// Sound: files, the microphone, and another sample rate.

// Samples of the first channel of a .wav of 8, 16, 24 or 32 bits, or of floats.
function wav(buffer) {
  const view = new DataView(buffer), name = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (buffer.byteLength < 44 || name(0) !== "RIFF" || name(8) !== "WAVE") throw new Error("not a .wav file");
  let at = 12, format = null;
  while (at + 8 <= buffer.byteLength) {
    const size = view.getUint32(at + 4, true);
    if (name(at) === "fmt ") format = { code: view.getUint16(at + 8, true), channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true), bits: view.getUint16(at + 22, true) };
    if (name(at) === "data" && format) {
      const width = format.bits / 8, count = Math.floor(Math.min(size, buffer.byteLength - at - 8) / (width * format.channels));
      const readers = {
        8: (p) => (view.getUint8(p) - 128) / 128, 16: (p) => view.getInt16(p, true) / 32768,
        24: (p) => ((view.getInt8(p + 2) << 16) | view.getUint16(p, true)) / 8388608,
        32: (p) => (format.code === 3 ? view.getFloat32(p, true) : view.getInt32(p, true) / 2147483648),
      };
      if (!readers[format.bits]) throw new Error(`${format.bits} bits a sample, which the page does not read`);
      return { rate: format.rate, samples: Float64Array.from({ length: count }, (_, k) => readers[format.bits](at + 8 + k * width * format.channels)) };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error("a .wav file without samples");
}

// The mean of the samples that fall into one, or between two samples a straight line.
function resampled(samples, rate, wanted) {
  if (rate === wanted) return samples;
  const ratio = rate / wanted, half = Math.max(ratio / 2, 0.5);
  return Float64Array.from({ length: Math.floor(samples.length / ratio) }, (_, k) => {
    let sum = 0, weight = 0;
    for (let at = Math.max(0, Math.ceil(k * ratio - 2 * half)); at <= Math.min(samples.length - 1, k * ratio + 2 * half); at++) {
      const share = 1 - Math.abs(at - k * ratio) / (2 * half);
      if (share > 0) [sum, weight] = [sum + share * samples[at], weight + share];
    }
    return weight ? sum / weight : 0;
  });
}

// Without the silence at both ends, which a hand on a button leaves: from 50 ms before the first hundredth of a second
// that is at most 30 dB fainter than the loudest one to 100 ms behind the last.
function withoutSilence(samples, rate) {
  const size = Math.max(1, Math.round(rate / 100)), loudness = [];
  for (let at = 0; at < samples.length; at += size) {
    loudness.push(samples.slice(at, at + size).reduce((sum, value) => sum + value * value, 0));
  }
  const loud = loudness.map((each) => each > 0 && each >= Math.max(...loudness) / 1000);
  const first = loud.indexOf(true), end = loud.lastIndexOf(true) + 1;
  return first < 0 ? samples : samples.slice(Math.max(0, first - 5) * size, (end + 10) * size);
}

// A button that records while it is pressed on: `heard` is given the samples and their rate, `said` what to say.
// A ScriptProcessor, as a worklet would be a file of its own, which a page that is one file does not have.
function microphone(heard, said, longest) {
  const button = make("button", { type: "button", id: "microphone", textContent: "Record" });
  let stop = null;
  button.addEventListener("click", async () => {
    if (stop) {
      stop();
      return;
    }
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      said("This browser gives no microphone to a page that is opened from the disk. Drop a .wav, or serve the folder: python -m http.server --bind 127.0.0.1");
      return;
    }
    try { // as recordings of train were: nothing cancelled, suppressed or made louder
      const how = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      const stream = await navigator.mediaDevices.getUserMedia({ audio: how });
      const context = new AudioContext(), listener = context.createScriptProcessor(4096, 1, 1), parts = [];
      const { sampleRate } = context;
      stop = () => {
        stop = null;
        button.textContent = "Record";
        listener.onaudioprocess = null;
        stream.getTracks().forEach((track) => track.stop());
        context.close();
        heard(Float64Array.from(parts.flatMap((part) => Array.from(part))), sampleRate);
      };
      listener.onaudioprocess = ({ inputBuffer }) => {
        parts.push(inputBuffer.getChannelData(0).slice());
        const seconds = (parts.length * inputBuffer.length) / sampleRate;
        said(`Recording: ${seconds.toFixed(1)} s`);
        if (seconds >= longest && stop) stop();
      };
      context.createMediaStreamSource(stream).connect(listener);
      listener.connect(context.destination); // which is given silence
      button.textContent = "Stop";
    } catch (error) {
      said(`The microphone was not given (${error.name}). Allow it, or drop a .wav.`);
    }
  });
  return button;
}
