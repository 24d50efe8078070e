"""How often 95% intervals of one model's scores cover → benchmarks/results/coverage.csv.

    python -m benchmarks.coverage
    python -m benchmarks.coverage --simulations 200 --only rmse

`before` are percentiles of resamples (of dates in blocks of the cube root of all), as in 0.2; `after` is
kassandra.judging.estimate. `±` is two standard errors of `after`. Coverage of shares is not simulated but added up over
all counts that there can be, and averaged over accuracies from .5 to .999; `lowest` is that of the worst of them.
What is true of a score is that of 200,000 examples, or of 2,000 series.
"""

import argparse
import csv
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import binom

from benchmarks.verdicts import RESULTS, write
from kassandra.judging import crps
from kassandra.judging.dependence import OF_ONE, of_sums
from kassandra.judging.estimate import ends
from kassandra.judging.intervals import TAIL, Estimate, block_length, wilson
from kassandra.judging.method import of_swayed
from kassandra.judging.resampling import Units
from kassandra.judging.score import Score, per_row, ratio
from kassandra.targets.label.evaluate import scores as label
from kassandra.targets.text.evaluate import scores as text

SIMULATIONS, BEFORE, RESAMPLES = 2000, 200, 400  # of `before` fewer, as each resamples
LARGE = 200_000
ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
SHARES = (15, 30, 50, 100, 300, 1000, 3000, 10_000)
Numbers = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Any]  # what each of so many units adds to the sums, (units, k)


@dataclass(frozen=True)
class Case:
    """ordered: units are in the order of time. truth: None for that of a very large test split."""

    what: str
    score: Score
    draw: Draw
    sizes: tuple[int, ...]
    ordered: bool = False
    truth: float | None = None

    def true(self) -> float:
        if self.truth is not None:
            return self.truth
        generator = np.random.default_rng(99)
        if self.ordered:  # a long series of its own forgets where it began
            sums = sum(self.draw(generator, 2000).sum(0) for _ in range(400))
        else:
            sums = np.asarray(self.draw(generator, LARGE).sum(0), np.float64).ravel()
        return float(self.score.value(sums))


def predictions(generator: np.random.Generator, rows: int, shares: Numbers, strength: float, sure: float) -> Any:
    """A table of a model of classes that are as frequent as `shares`; `sure` above 1 is overconfident."""
    targets = generator.choice(len(shares), rows, p=shares)
    logits = 1.2 * generator.normal(size=(rows, len(shares))) + np.log(shares)
    logits[np.arange(rows), targets] += strength
    likely = np.exp(sure * (logits - logits.max(1, keepdims=True)))
    columns = {f"probability_{number}": each for number, each in enumerate((likely / likely.sum(1, keepdims=True)).T)}
    return pd.DataFrame({"target": targets, "predicted": likely.argmax(1), **columns})


def classes(score: Score, shares: list[float], strength: float = 2.0, sure: float = 1.0) -> Draw:
    return lambda generator, rows: score.sums(predictions(generator, rows, np.array(shares), strength, sure))


def sentences(generator: np.random.Generator, count: int) -> Numbers:
    """(sentences, 10) n-grams of translations whose tokens match a reference in runs."""
    references, easy = 4 + generator.poisson(9, count), generator.normal(1.0, 1.2, count)
    lengths = np.maximum(1, references + generator.integers(-2, 3, count))
    written = np.arange(lengths.max()) < lengths[:, None]
    match = (generator.random(written.shape) < 1 / (1 + np.exp(-easy))[:, None]) & written
    correct, total = [], []
    for order in range(1, 5):
        correct.append(np.lib.stride_tricks.sliding_window_view(match, order, axis=1).all(2).sum(1))
        total.append(np.maximum(lengths - order + 1, 0))
    return np.column_stack([*correct, *total, lengths, references]).astype(np.float64)


def characters(generator: np.random.Generator, count: int) -> Numbers:
    """(sentences, 18) n-grams of 1 to 6 characters: of the hypothesis, of the reference, of both."""
    lengths, easy = 20 + generator.poisson(25, count), generator.normal(1.0, 1.0, count)
    orders = np.arange(6)
    longer = generator.integers(-4, 5, count)  # than the reference, each sentence by itself
    written, wanted = (np.maximum((lengths + shift)[:, None] - orders, 0) for shift in (longer, 0))
    both = generator.binomial(np.minimum(written, wanted), (1 / (1 + np.exp(-easy)))[:, None] ** (1 + orders / 2))
    return np.stack([written, wanted, both], 2).reshape(count, 18).astype(np.float64)


def autoregressive(memory: float, generator: np.random.Generator, dates: int) -> Numbers:
    noise = generator.normal(size=dates + 100)
    return np.asarray(lfilter([math.sqrt(1 - memory**2)], [1, -memory], noise)[100:])


def clustered(generator: np.random.Generator, dates: int) -> Numbers:
    """GARCH(.1, .87) of variance 1 (Bollerslev 1986)."""
    noise, variance, errors = generator.normal(size=dates + 300), 1.0, np.zeros(dates + 300)
    for date, each in enumerate(noise):
        errors[date] = math.sqrt(variance) * each
        variance = 0.03 + 0.1 * errors[date] ** 2 + 0.87 * variance
    return errors[300:]


ERRORS: dict[str, Callable[[np.random.Generator, int], Numbers]] = {
    "no autocorrelation": partial(autoregressive, 0.0),
    "AR(.5)": partial(autoregressive, 0.5),
    "AR(.7)": partial(autoregressive, 0.7),
    "AR(.9)": partial(autoregressive, 0.9),
    "GARCH(.1, .87)": clustered,
}
LOSSES: dict[str, tuple[Callable[[Numbers], Any], Callable[[Any], Any]]] = {
    "rmse": (np.square, lambda sums: np.sqrt(ratio(sums))),
    "mae and mase": (np.abs, ratio),
    "crps": (lambda errors: crps.gaussian(errors, 0.0, 1.0), ratio),
}


def losses(loss: str, errors: str) -> Case:
    each, value = LOSSES[loss]
    true = 1.0 if loss == "rmse" else None
    score = Score(loss, "lower", value=value)
    draw: Draw = lambda generator, dates: per_row(each(ERRORS[errors](generator, dates)))  # noqa: E731
    return Case(f"{loss}, errors {errors}", score, draw, (60, 200, 500, 2000), True, true)


def stretches(generator: np.random.Generator, count: int) -> Numbers:
    """(stretches, 2) losses of a text and tokens; neighbours hang together."""
    return np.stack([100 * np.exp(0.3 * autoregressive(0.5, generator, count)), np.full(count, 100.0)], 1)


RARE, EVEN = [0.6, 0.3, 0.08, 0.02], [0.1] * 10
BY_NAME = {score.name: score for score in (*label.SCORES, *text.SCORES)}
F1, LOSS, CALIBRATION = (BY_NAME[name] for name in ("f1", "loss", "calibration_error"))
CASES = [
    *(losses(loss, errors) for loss in LOSSES for errors in ERRORS),
    Case("macro F1, rarest class 2%", F1, classes(F1, RARE), (50, 200, 1000, 5000)),
    Case("macro F1 near 1, rarest class 2%", F1, classes(F1, RARE, 5.0), (50, 200, 1000, 5000)),
    Case("macro F1, 10 classes", F1, classes(F1, EVEN), (100, 1000)),
    Case("log-loss", LOSS, classes(LOSS, RARE), (50, 200, 1000)),
    Case("log-loss near 0", LOSS, classes(LOSS, RARE, 5.0), (50, 200, 1000)),
    Case("calibration error, overconfident", CALIBRATION, classes(CALIBRATION, EVEN, 2.0, 1.5), (100, 400, 2000)),
    Case("calibration error, calibrated better", CALIBRATION, classes(CALIBRATION, EVEN, 2.0, 1.1), (100, 400, 2000)),
    Case("calibration error, calibrated", CALIBRATION, classes(CALIBRATION, [1 / 3] * 3), (100, 400, 2000)),
    Case("BLEU", BY_NAME["bleu"], sentences, (30, 100, 500, 2000)),
    Case("chrF", BY_NAME["chrf"], characters, (30, 100, 500)),
    Case("perplexity", Score("perplexity", "lower", value=lambda sums: np.exp(ratio(sums))), stretches,
         (60, 200, 500), True),
]  # fmt: skip


def after(case: Case, sums: Any) -> Estimate:
    if type(case.score).interval is not Score.interval:
        return before(case, sums)
    one = of_sums(case.score, [sums], 1 if case.ordered else None, OF_ONE)
    assert one
    return ends(float(one.values[0]), math.sqrt(one.covariance[0, 0]), one.freedom, case.score, one.units)


def before(case: Case, sums: Any) -> Estimate:
    count = sums.shape[0]
    units = Units(count, block=block_length(count, 1) if case.ordered else None)
    observed = np.asarray(sums.sum(0), np.float64).ravel()
    return case.score.interval(pd.DataFrame(), observed, units.resampled(sums, 0, RESAMPLES))


def simulated(case: Case, simulations: int) -> Iterator[dict[str, str]]:
    true = case.true()
    own = type(case.score).interval is not Score.interval  # `after` is as `before`, and resamples
    for size in case.sizes:
        generator, hits = np.random.default_rng(0), {"before": list[bool](), "after": list[bool]()}
        for number in range(simulations // 4 if own else simulations):
            sums = case.draw(generator, size)
            for name, function in (("before", before), ("after", after)):
                if name == "after" or number < BEFORE:
                    estimate = function(case, sums)
                    hits[name].append(estimate.low <= true <= estimate.high)
        yield row(case.what, size, float(np.mean(hits["before"])), float(np.mean(hits["after"])), len(hits["after"]))


def row(what: str, size: int, before: float, after: float, simulations: int, lowest: str = "") -> dict[str, str]:
    room = 2 * math.sqrt(after * (1 - after) / simulations) if simulations else 0.0
    return {"interval of": what, "units": str(size), "before": f"{before:.3f}", "after": f"{after:.3f}",
            "±": f"{room:.3f}", "lowest": lowest, "simulations": str(simulations)}  # fmt: skip


def shares() -> Iterator[dict[str, str]]:
    """Exactly: of all counts that there can be, those whose interval covers, by how likely they are."""
    for size in SHARES:
        counts = np.arange(size + 1)
        low, high = wilson(counts, np.full(size + 1, size))
        new, old = [], []
        for share in ACCURACIES:
            likely = binom.pmf(counts, size, share)
            new.append(likely @ ((low <= share) & (share <= high)))
            # Resamples of counts of counts right are binomial: their percentiles are known.
            drawn = [binom.ppf(tail, size, counts / size) / size for tail in (TAIL, 1 - TAIL)]
            old.append(likely @ ((drawn[0] <= share) & (share <= drawn[1])))
        lowest = f"{min(new):.3f} (before {min(old):.3f})"
        yield row("accuracy", size, float(np.mean(old)), float(np.mean(new)), 0, lowest)


def gains(simulations: int) -> Iterator[dict[str, str]]:
    """Of the difference of two models' mean losses on the same examples, which are skewed."""
    score = Score("loss", "lower")
    for size in (50, 200, 1000):
        generator, hits = np.random.default_rng(0), {"before": list[bool](), "after": list[bool]()}
        for number in range(simulations):
            shared = generator.gamma(0.5, 1.0, size)
            sums = [per_row(shared + generator.gamma(0.3, 1.0, size)) for _ in "ab"]
            known = of_sums(score, sums, None)
            assert known
            found = of_swayed([known], 1).difference
            hits["after"].append(found.low <= 0 <= found.high)
            if number < BEFORE:
                drawn = Units(size).resampled(np.concatenate(sums, 1), 0, RESAMPLES)
                low, high = np.quantile(ratio(drawn[:, 2:]) - ratio(drawn[:, :2]), [TAIL, 1 - TAIL])
                hits["before"].append(bool(low <= 0 <= high))
        old, new = (float(np.mean(hits[name])) for name in ("before", "after"))
        yield row("paired gain of log-loss", size, old, new, simulations)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, help="of each case (default: %(default)s)")
    parser.add_argument("--only", default="", help="cases whose name begins so; the file is not written then")
    arguments = parser.parse_args()
    rows = [*shares(), *gains(arguments.simulations)] if not arguments.only else []
    for case in CASES:
        if case.what.startswith(arguments.only):
            for each in simulated(case, arguments.simulations):
                rows.append(each)
                print(*each.values(), file=sys.stderr, sep="  ")
    if arguments.only:
        csv.DictWriter(sys.stdout, list(rows[0])).writerows(rows)
    else:
        write("coverage", rows)
        print(f"→ {RESULTS / 'coverage.csv'}")


if __name__ == "__main__":
    main()
