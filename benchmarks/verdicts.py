"""How often a verdict on a recipe is wrong, and what it finds → benchmarks/results/verdicts.csv.

    python -m benchmarks.verdicts
    python -m benchmarks.verdicts --simulations 200

Members of a recipe are simulated as seed effect + example effect + interaction of both; examples are the same on both
sides but where a case says otherwise. Of equal recipes a verdict of p < 0.05 is false, and should come in at most 5 of
100 pairs. `one model each` is today's paired test between the first members; `bootstrap of seeds` a percentile bootstrap
over the members' scores; `method` is kassandra.judging.method. `power` is how often recipes are told apart that differ
by so many points (0.01). `±` is two standard errors of the rate of `method`.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from kassandra.contracts.artifacts import whole
from kassandra.judging.method import difference
from kassandra.judging.paired import ALPHA, compare
from kassandra.judging.resampling import Dates, Resampling, Rows, Stretches
from kassandra.judging.score import Score, Share, per_row, ratio

SIMULATIONS = 2000
RESAMPLES = 200  # of the paired bootstrap: four in five of them would do
RESULTS = Path("benchmarks/results")
Numbers = NDArray[np.float64]


def _values(table: pd.DataFrame) -> Numbers:
    return per_row(table["value"].to_numpy())


def _macro(sums: Numbers) -> Numbers:
    right, predicted, observed = np.split(np.asarray(sums, np.float64), 3, axis=-1)
    return np.asarray((2 * right / np.maximum(predicted + observed, 1)).mean(-1))


def _counts(table: pd.DataFrame) -> Numbers:
    observed, right = table["observed"].to_numpy(), table["value"].to_numpy() > 0
    predicted = np.where(right, observed, (observed + 1) % 3)
    eye = np.eye(3)
    return np.concatenate([eye[observed] * right[:, None], eye[predicted], eye[observed]], 1)


MEAN = Score("mean", "higher", sums=_values)
ACCURACY = Share("accuracy", "higher", largest=1, sums=lambda table: per_row(table["value"].to_numpy() > 0))
F1 = Score("f1", "higher", largest=1, sums=_counts, value=_macro)
ROOT = Score("rmse", "lower", sums=lambda table: per_row(table["value"].to_numpy() ** 2),
             value=lambda sums: np.sqrt(ratio(sums)))  # fmt: skip


@dataclass(frozen=True)
class Case:
    """seeds: deviation of the seed effect (of each side). examples, interaction: deviations, per example. level: added
    to all. better: added to B. memory: autocorrelation of examples and interaction, of rows in order."""

    what: str
    score: Score = MEAN
    count: int = 500
    members: tuple[int, int] = (3, 3)
    seeds: tuple[float, float] = (0.01, 0.01)
    examples: float = 0.3
    interaction: float = 0.15
    level: float = 0.8
    better: float = 0.0
    memory: float = 0.0
    resampling: Resampling = Rows()
    paired: bool = True

    def draw(self, generator: np.random.Generator) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
        shared = generator.normal(0, self.examples, self.count)
        observed = np.arange(self.count) * 10 // self.count % 3  # classes, the first the most frequent
        sides = []
        for number, (members, spread) in enumerate(zip(self.members, self.seeds, strict=True)):
            if number and not self.paired:
                shared = generator.normal(0, self.examples, self.count)
            noise = generator.normal(0, self.interaction, (members, self.count))
            level = self.level + number * self.better + generator.normal(0, spread, (members, 1))
            rows = level + self._bound(shared + noise)
            sides.append([self._table(row, observed) for row in rows])
        return sides[0], sides[1]

    def _bound(self, noise: Numbers) -> Numbers:
        return np.asarray(lfilter([(1 - self.memory**2) ** 0.5], [1, -self.memory], noise)) if self.memory else noise

    def _table(self, values: Numbers, observed: NDArray[np.int64]) -> pd.DataFrame:
        columns: dict[str, Any] = {"value": values, "observed": observed}
        if isinstance(self.resampling, Dates):
            columns |= {"origin": [f"{date:06}" for date in range(self.count)], "step": 1}
        return pd.DataFrame(columns)


# Accuracy and F1: right where the value is above 0. At level 1 with deviation 1.2 it is about .8, and a seed's 0.04
# moves it by about 0.01.
LATENT: dict[str, Any] = {"level": 1.0, "examples": 1.0, "interaction": 0.66, "seeds": (0.04, 0.04)}
EQUAL = [
    Case("seeds alone", examples=0.0, interaction=0.0),
    Case("seeds, examples, interaction"),
    Case("as before, 5 seeds", members=(5, 5)),
    Case("as before, 3 seeds and 6", members=(3, 6)),
    Case("deviation of seeds three times B's", seeds=(0.01, 0.0033)),
    Case("no seeds' effect but the interaction", seeds=(0.0, 0.0)),
    Case("examples not the same", paired=False),
    Case("accuracy", ACCURACY, **LATENT),
    Case("accuracy, 2,000 examples", ACCURACY, 2000, **LATENT),
    Case("macro F1 of 3 classes", F1, **LATENT),
    Case("rmse, autocorrelation .7", ROOT, 400, resampling=Dates(), memory=0.7, level=0.0, examples=0.8,
         interaction=0.4, seeds=(0.1, 0.1)),
    Case("loss of a text, autocorrelation .9", MEAN, 10_000, resampling=Stretches(), memory=0.9),
]  # fmt: skip
POWER = [
    Case(f"{points} points, {seeds} seeds, {what}", members=(seeds, seeds), better=points / 100, **more)
    for what, more in (
        ("seeds alone", {"examples": 0.0, "interaction": 0.0}),
        ("and examples", {"interaction": 0.1, "count": 1000}),
    )
    for seeds in (3, 5)
    for points in (1, 2, 4)
]  # fmt: skip


def of_seeds(a: Numbers, b: Numbers, generator: np.random.Generator) -> bool:
    """Whether 0 lies outside of the percentile interval over seeds."""
    means = [side[generator.integers(0, len(side), (500, len(side)))].mean(1) for side in (a, b)]
    low, high = np.quantile(means[1] - means[0], [0.025, 0.975])
    return bool(low > 0 or high < 0)


def rates(case: Case, simulations: int) -> dict[str, float]:
    """The share of simulations in which recipes seem to differ, by each procedure."""
    generator = np.random.default_rng(0)
    counts = {"one model each": 0, "bootstrap of seeds": 0, "method": 0}
    function = case.score.sums
    for _ in range(simulations):
        a, b = case.draw(generator)
        found = difference(case.score, a, b, case.resampling, paired=case.paired)
        assert found
        values = [np.array([float(case.score.value(_total(function, table))) for table in side]) for side in (a, b)]
        counts["method"] += found.difference.p < ALPHA
        counts["bootstrap of seeds"] += of_seeds(values[0], values[1], generator)
        if case.paired:
            one = compare([case.score], a[0], b[0], case.resampling, RESAMPLES)[case.score.name]
            counts["one model each"] += one.difference.p < ALPHA
    return {name: count / simulations for name, count in counts.items() if case.paired or name != "one model each"}


def _total(sums: Callable[[pd.DataFrame], Any], table: pd.DataFrame) -> Numbers:
    return np.asarray(sums(table).sum(0), np.float64)


def row(kind: str, case: Case, simulations: int) -> dict[str, str]:
    made = rates(case, simulations)
    room = 2 * (made["method"] * (1 - made["method"]) / simulations) ** 0.5
    shown = {name: f"{made[name]:.3f}" if name in made else "" for name in ("one model each", "bootstrap of seeds")}
    return {"kind": kind, "case": case.what, **shown, "method": f"{made['method']:.3f}", "±": f"{room:.3f}",
            "simulations": str(simulations)}  # fmt: skip


def write(name: str, rows: Sequence[dict[str, str]]) -> None:
    """benchmarks/results/<name>.csv, and the same as a table on the screen."""
    with whole(RESULTS / f"{name}.csv") as partial, partial.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    print(f"| {' | '.join(rows[0])} |\n|{'---|' * len(rows[0])}")
    for each in rows:
        print(f"| {' | '.join(each.values())} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, help="of each case (default: %(default)s)")
    simulations = parser.parse_args().simulations
    rows = []
    for kind, cases in (("equal recipes", EQUAL), ("power", POWER)):
        for case in cases:
            rows.append(row(kind, case, simulations))
            print(f"{case.what}: {rows[-1]['method']}", file=sys.stderr)
    write("verdicts", rows)


if __name__ == "__main__":
    main()
