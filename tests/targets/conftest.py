"""Prepared folders of series that are simulated, so that what can be known of them is known."""

import math

import numpy as np
import pytest

from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.windows import Split, normalised

DAY = 86_400


def simulated_ar(rows, persistence, seed, moving=0.0):
    """(rows,) x[t] = persistence x[t-1] + e[t] + moving e[t-1], deviation of e 1, begun long before."""
    noise = np.random.default_rng(seed).normal(size=rows + 200)
    values, before = np.empty(rows + 200), 0.0
    for row, shock in enumerate(noise + moving * np.concatenate([[0.0], noise[:-1]])):
        before = values[row] = persistence * before + shock
    return values[200:]


def simulated_garch(rows, seed, omega=0.05, alpha=0.1, beta=0.85):
    """(returns, variances) (rows,) each of GARCH(1,1) with normal shocks, percent per day."""
    shocks = np.random.default_rng(seed).normal(size=rows + 500)
    returns, variances, variance = np.empty(rows + 500), np.empty(rows + 500), 1.0
    for row, shock in enumerate(shocks):
        variances[row], returns[row] = variance, shock * math.sqrt(variance)
        variance = omega + alpha * returns[row] ** 2 + beta * variance
    return returns[500:], variances[500:]


@pytest.fixture
def series_folder(tmp_path):
    """Writes a prepared folder: `values` one (rows, targets) per series, all of equal length."""

    def write(values, predict="value", window=8, horizon=3, normalise="none", season=None, returns=None, missing=()):
        values = [np.asarray(one, np.float64).reshape(len(one), -1) for one in values]
        rows, gap, targets = len(values[0]), window + horizon, values[0].shape[1]
        ends = [0, int(rows * 0.6), int(rows * 0.75), rows]
        usable = np.ones(rows, bool)
        usable[list(missing)] = False
        splits, scales = {}, [(one[: ends[1]].mean(0), one[: ends[1]].std(0)) for one in values]
        for number, name in enumerate(("train", "valid", "test")):
            part = slice(ends[number] + (gap if number else 0), ends[number + 1])
            size = part.stop - part.start
            good = np.concatenate([[0], usable[part].cumsum()])
            own = np.arange(window - 1, size - horizon)
            own = own[good[own + horizon + 1] - good[own - window + 1] == gap]
            seen = [np.where(usable[part, None], one[part], 0) for one in values]
            inputs = [np.where(usable[part, None], (x - m) / s, 0) for x, (m, s) in zip(seen, scales, strict=True)]
            wave = np.sin(np.arange(size) / 5)[:, None]  # a further input that is no target
            splits[name] = Split(
                np.concatenate([np.hstack([x, wave]) for x in inputs]).astype(np.float32),
                np.concatenate(seen),
                np.tile(np.arange(part.start, part.stop) * DAY, len(values)),
                np.arange(len(values) + 1) * size,
                np.concatenate([own + number * size for number in range(len(values))]),
                None if returns is None else np.concatenate([np.asarray(one)[part] for one in returns]),
            )
        meta = {
            "task": "forecast",
            "predict": predict,
            "targets": [f"target{number}" for number in range(targets)],
            "inputs": [*(f"target{number}" for number in range(targets)), "wave"],
            "series": [f"series{number}" for number in range(len(values))],
            "window": window,
            "horizon": horizon,
            "normalise": normalise,
            "target_inputs": list(range(targets)) if predict == "value" else [],
            "season": season,
            "frequency": None,
            "reading": {"prepare": {}},
            "value_std": [list(std) for _, std in scales],
        }
        goal, series = normalised(splits["train"], meta), splits["train"].series
        meta["target_mean"] = [goal[series == number].mean(0).tolist() for number in range(len(values))]
        meta["target_std"] = [goal[series == number].std(0).tolist() for number in range(len(values))]
        for name, split in splits.items():
            arrays = {key: array for key, array in split._asdict().items() if array is not None}
            write_arrays(tmp_path / f"{name}.npz", **arrays)
        write_json(tmp_path / "meta.json", meta)
        return tmp_path

    return write


@pytest.fixture
def ar():
    return simulated_ar


@pytest.fixture
def garch():
    return simulated_garch
