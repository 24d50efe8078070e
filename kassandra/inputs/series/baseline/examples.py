"""What models without an LSTM see of labelled series: summary statistics, features of MiniRocket, neighbours by DTW."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from kassandra.contracts.artifacts import Arrays
from kassandra.contracts.examples import Neighbours, View
from kassandra.inputs.series.baseline.dtw import distances, of_equal_length
from kassandra.inputs.series.train.scaling import Scaling
from kassandra.lstm.minirocket import FEATURES, RIDGE, MiniRocket, suitable

PENALTIES = tuple(10.0 ** np.arange(-3, 5))
LONGEST = 128  # steps that are warped; longer series are squeezed
BANDS = (0, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 1.0)  # shares of the steps
CELLS = 1_500_000_000  # of all pairs, steps and bands; about a minute
LAGS = (1, 2, 4)
SMALL = 1e-6

Array = NDArray[np.float32]


def views(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[View]:
    """Of `known` splits, to fit to, and of the `unknown` one, to predict."""
    seen, unseen = [one for split in known for one in _series(split)], _series(unknown)
    groups = np.concatenate([split["groups"] for split in known]) if "groups" in known[0] else None
    statistics = np.stack([statistics_of(one) for one in seen])
    scaler = StandardScaler().fit(statistics)
    both = scaler.transform(statistics), scaler.transform(np.stack([statistics_of(one) for one in unseen]))
    linear = View(
        "summary statistics + logistic regression",
        *both,
        {"max_iter": 1000},
        features="summary statistics",
        penalties=PENALTIES,
        groups=groups,
    )
    features = suitable(len(seen))
    rocket = MiniRocket.fit(seen, features)
    shares = rocket.features(seen)
    scaler = StandardScaler().fit(shares)
    name = "MiniRocket" if features == FEATURES else f"MiniRocket ({features:,} features)"
    both = scaler.transform(shares), scaler.transform(rocket.features(unseen))
    return [linear, View(f"{name} + ridge", *both, {}, features=name, penalties=RIDGE, squares=True)]


def neighbours(known: list[Arrays], unknown: Arrays, meta: dict[str, Any]) -> list[Neighbours]:
    """By dynamic time warping. What suits the known series is chosen: the band, and whether they are compared as a
    model reads them, with columns in their own units, or each series with mean 0 and deviation 1.

    All are stretched to one length. Where comparing all would take too long, a random sample of the known is compared
    with, and the name says so.
    """
    seen, unseen = [one for split in known for one in _series(split)], _series(unknown)
    longest = max(map(len, [*seen, *unseen]))
    steps, scaling = min(longest, LONGEST), Scaling.of(meta)
    bands = sorted({int(np.ceil(share * (steps - 1))) for share in BANDS})
    ways = ["as read"] if scaling.normalise == "series" else ["as read", "in units", "each alone"]
    ways = [way for way in ways if way != "in units" or len(scaling.mean) > 1]
    settings = [(way, band) for way in ways for band in bands]
    cells = sum(steps * min(steps, 2 * band + 1) for _, band in settings)
    fewest = (len(unseen) * steps) ** 2 + 4 * cells * CELLS
    most = min(len(seen), max(1, int((np.sqrt(fewest) - len(unseen) * steps) / (2 * cells) * steps)))
    rows = np.sort(np.random.default_rng(0).permutation(len(seen))[:most])
    first = of_equal_length([seen[row] for row in rows], steps)
    second = of_equal_length(unseen, steps)
    details = [f"{longest} steps as {steps}"] if longest > steps else []
    details += [f"of {len(rows):,} series"] if len(rows) < len(seen) else []
    name = "1-NN with DTW" + (f" ({', '.join(details)})" if details else "")
    among, to = partial(_apart, first, first, scaling), partial(_apart, second, first, scaling)
    return [Neighbours(name, rows, settings, among, to)]


def _apart(first: Array, second: Array, scaling: Scaling, setting: tuple[str, int]) -> Array:
    way, band = setting
    if way == "in units":
        first, second = (scaling.measured(one).astype(np.float32) for one in (first, second))
        largest = float(np.abs(second).max(initial=0)) or 1.0  # so that squares are finite
        first, second = first / largest, second / largest
    elif way == "each alone":
        first, second = (
            (one - one.mean(1, keepdims=True)) / (one.std(1, keepdims=True) + SMALL) for one in (first, second)
        )
    return distances(first, second, band)


def _series(split: Arrays) -> list[Array]:
    return list(np.split(split["values"], split["offsets"][1:-1]))


def statistics_of(series: Array) -> NDArray[np.float64]:
    """Of each column of one series (steps, columns): mean, deviation, extremes, quartiles, slope from end to end, mean
    change from step to step, and autocorrelations; and of all the logarithm of the number of steps."""
    values = series.astype(np.float64)
    steps = len(values)
    mean, std = values.mean(0), values.std(0)
    time = np.linspace(-0.5, 0.5, steps) if steps > 1 else np.zeros(1)
    slope = (time @ (values - mean)) / max(float(time @ time), 1e-12)
    changes = np.abs(np.diff(values, axis=0)).mean(0) if steps > 1 else np.zeros_like(mean)
    centred = values - mean
    lagged = [
        (centred[lag:] * centred[:-lag]).sum(0) / np.maximum((centred**2).sum(0), 1e-12) if steps > lag else 0 * mean
        for lag in LAGS
    ]
    quartiles = np.quantile(values, [0, 0.25, 0.5, 0.75, 1], axis=0)
    return np.concatenate([mean, std, slope, changes, *quartiles, *lagged, [np.log(steps)]])
