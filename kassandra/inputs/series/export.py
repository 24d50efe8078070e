"""What whoever runs an exported model of series has to know of its inputs: how windows and whole series are scaled."""

from typing import Any

from kassandra.contracts.windows import SMALLEST


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded: windows of a table, and series that are all equally long, are not. Lengths are always
    given where each step has an answer, and around gaps, where a series may be shorter than a window."""
    return reading in ("steps", "gaps") or not meta["spec"].get("steps")


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    windows = ("inputs", "window", "series", "normalise", "target_inputs", "input_mean", "input_std")
    whole = ("columns", "missing", "pool", "mean", "std", "masked")  # of series with an answer each
    keys = (*windows, *whole)
    return {key: meta[key] for key in keys if key in meta} | {"smallest": SMALLEST}


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name."""
    return {}


# A series with an answer, or with one for each of its steps: a CSV of numbers without a header, a row per step, the
# columns in the order of about["columns"]; a cell that is empty is missing.
WHOLE = """
values = np.genfromtxt(sys.argv[1], delimiter=",", ndmin=2)
lacking, mean, std = np.isnan(values), np.array(about["mean"]), np.array(about["std"])
assert about["missing"] != "error" or not lacking.any(), "a value is missing; train had none"
if about["normalise"] == "series":  # by its own mean and deviation
    there, count = ~lacking, np.maximum((~lacking).sum(0), 1)
    mean = np.where(there, values, 0).sum(0) / count
    std = np.sqrt((np.where(there, values - mean, 0) ** 2).sum(0) / count)
    std[std <= 1e-12 * np.abs(mean)] = 1
scaled = (values - mean) / std
for column in scaled.T if about["missing"] == "interpolate" else []:
    gone = np.isnan(column)
    if gone.any() and not gone.all():
        column[gone] = np.interp(np.flatnonzero(gone), np.flatnonzero(~gone), column[~gone])
features, pool = np.hstack([np.nan_to_num(scaled), lacking[:, about["masked"]]]), about["pool"]
steps = [features[step : step + pool].mean(0) for step in range(0, len(features), pool)]
feeds = {"inputs": np.array([steps], np.float32)}
if len(session.get_inputs()) > 1:
    feeds["lengths"] = np.array([len(steps)])
"""
WHOLE_JAVASCRIPT = """
const table = fs.readFileSync(process.argv[2], "utf-8").split("\\n").filter((line) => line.trim())
  .map((line) => line.split(",").map((cell) => (cell.trim() ? Number(cell) : NaN)));
const values = about.columns.map((_, k) => table.map((row) => row[k])); // by column
const scaled = values.map((column, k) => {
  const known = column.filter((value) => !Number.isNaN(value));
  if (about.missing === "error" && known.length < column.length) throw new Error("a value is missing; train had none");
  let [mean, std] = [about.mean[k], about.std[k]];
  if (about.normalise === "series") { // by its own mean and deviation
    mean = known.reduce((a, b) => a + b, 0) / Math.max(known.length, 1);
    std = Math.sqrt(known.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(known.length, 1));
    if (std <= 1e-12 * Math.abs(mean)) std = 1;
  }
  return column.map((value) => (value - mean) / std);
});
const filled = scaled.map((column) => column.map((value, t) => {
  if (!Number.isNaN(value)) return value;
  if (about.missing !== "interpolate") return 0;
  const before = column.findLastIndex((one, at) => at < t && !Number.isNaN(one));
  const after = column.findIndex((one, at) => at > t && !Number.isNaN(one));
  if (before < 0 || after < 0) return column[Math.max(before, after)] ?? 0;
  return column[before] + ((column[after] - column[before]) * (t - before)) / (after - before);
}));
const masks = about.masked.map((k) => values[k].map((value) => (Number.isNaN(value) ? 1 : 0)));
const features = [...filled, ...masks], steps = [];
for (let from = 0; from < table.length; from += about.pool) {
  const mean = (column) => column.slice(from, from + about.pool).reduce((a, b, _, part) => a + b / part.length, 0);
  steps.push(features.map(mean));
}
const shape = [1, steps.length, features.length];
const feeds = { inputs: new ort.Tensor("float32", Float32Array.from(steps.flat()), shape) };
if (session.inputNames.includes("lengths")) {
  feeds.lengths = new ort.Tensor("int64", BigInt64Array.of(BigInt(steps.length)), [1]);
}
"""

# Of a .npy: the last rows (window, inputs) of the first series, its columns in the order of about["inputs"].
PYTHON = {
    "table": """
window = np.load(sys.argv[1]).astype(np.float64)[-about["window"] :]
window = (window - about["input_mean"][0]) / about["input_std"][0]
own = about["target_inputs"]
if about["normalise"] == "last":
    window[:, own] -= window[-1:, own]
elif about["normalise"] == "window":
    window[:, own] = (window[:, own] - window[:, own].mean(0)) / (window[:, own].std(0) + about["smallest"])
feeds = {"inputs": window[None].astype(np.float32)}
""",
    "examples": WHOLE,
    "steps": WHOLE,
}

JAVASCRIPT = {"examples": WHOLE_JAVASCRIPT, "steps": WHOLE_JAVASCRIPT}
