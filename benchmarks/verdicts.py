"""How often a verdict on a recipe is wrong, and what it finds → benchmarks/results/verdicts.csv.

    python -m benchmarks.verdicts
    python -m benchmarks.verdicts --simulations 200

Members of a recipe are simulated as seed effect + example effect + interaction of both; examples are the same on both
sides but where a case says otherwise. Of equal recipes a verdict of p < 0.05 is false, and should come in at most 5 of
100 pairs. `one model each` tests the first members of both over the examples alone; `bootstrap of seeds` is a
percentile bootstrap over the scores; `method` is kassandra.judging.method. `power` is how often it finds recipes
that differ by so many points (0.01), where seeds' deviation is 0.01. `±` is two standard errors of `method`.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from kassandra.contracts.artifacts import whole
from kassandra.judging.dependence import of_sums
from kassandra.judging.method import of_swayed
from kassandra.judging.paired import ALPHA
from kassandra.judging.score import Score, per_row, ratio

SIMULATIONS = 2000
RESULTS = Path("benchmarks/results")
Numbers = NDArray[np.float64]


def _macro(sums: Numbers) -> Numbers:
    right, predicted, observed = np.split(np.asarray(sums, np.float64), 3, axis=-1)
    return np.asarray((2 * right / np.maximum(predicted + observed, 1)).mean(-1))


def counts(values: Numbers) -> Numbers:
    """(examples, 9) of three classes, the first the most frequent: see kassandra.targets.label.evaluate.scores."""
    observed, right = np.arange(len(values)) * 10 // len(values) % 3, values > 0
    eye = np.eye(3)
    return np.concatenate([eye[observed] * right[:, None], eye[np.where(right, observed, (observed + 1) % 3)],
                           eye[observed]], 1)  # fmt: skip


MEAN = Score("mean", "higher")
ACCURACY = Score("accuracy", "higher", largest=1)
F1 = Score("f1", "higher", largest=1, value=_macro)
ROOT = Score("rmse", "lower", value=lambda sums: np.sqrt(ratio(sums)))
SUMS: dict[str, Callable[[Numbers], Numbers]] = {
    "mean": per_row,
    "accuracy": lambda values: per_row(values > 0),
    "f1": counts,
    "rmse": lambda values: per_row(values**2),
}


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
    ordered: bool = False
    paired: bool = True

    def draw(self, generator: np.random.Generator) -> list[list[Numbers]]:
        """What each example adds to the sums, (examples, k), of each member of A and of B."""
        shared, sides = generator.normal(0, self.examples, self.count), []
        for number, (members, spread) in enumerate(zip(self.members, self.seeds, strict=True)):
            if number and not self.paired:
                shared = generator.normal(0, self.examples, self.count)
            noise = shared + generator.normal(0, self.interaction, (members, self.count))
            if self.memory:
                noise = lfilter([(1 - self.memory**2) ** 0.5], [1, -self.memory], noise)
            level = self.level + number * self.better + generator.normal(0, spread, (members, 1))
            sides.append([SUMS[self.score.name](row) for row in level + noise])
        return sides


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
    Case("rmse, autocorrelation .7", ROOT, 400, ordered=True, memory=0.7, level=0.0, examples=0.8,
         interaction=0.4, seeds=(0.1, 0.1)),
    Case("loss of 400 stretches, autocorrelation .5", count=400, ordered=True, memory=0.5),
]  # fmt: skip
MORE: dict[str, dict[str, Any]] = {
    "seeds alone": {"examples": 0.0, "interaction": 0.0},
    "seeds and examples": {"interaction": 0.1, "count": 1000},
}
POWER = [
    Case(f"{points} points, {seeds} seeds, {what}", members=(seeds, seeds), better=points / 100, **more)
    for what, more in MORE.items()
    for seeds in (3, 5)
    for points in (1, 2, 4)
]


def of_seeds(a: Numbers, b: Numbers, generator: np.random.Generator) -> bool:
    """Whether 0 lies outside of the percentile interval over seeds."""
    means = [side[generator.integers(0, len(side), (500, len(side)))].mean(1) for side in (a, b)]
    low, high = np.quantile(means[1] - means[0], [0.025, 0.975])
    return bool(low > 0 or high < 0)


def verdict(case: Case, a: list[Numbers], b: list[Numbers]) -> bool:
    """Whether p < 0.05."""
    horizon = 1 if case.ordered else None
    groups = [[*a, *b]] if case.paired else [a, b]
    known = [each for group in groups if (each := of_sums(case.score, group, horizon))]
    return of_swayed(known, len(a)).difference.p < ALPHA


def rates(case: Case, simulations: int) -> dict[str, float]:
    """The share of simulations in which recipes seem to differ, by each procedure."""
    generator = np.random.default_rng(0)
    counted = {"one model each": 0, "bootstrap of seeds": 0, "method": 0}
    for _ in range(simulations):
        a, b = case.draw(generator)
        values = [np.array([float(case.score.value(each.sum(0))) for each in side]) for side in (a, b)]
        counted["method"] += verdict(case, a, b)
        counted["bootstrap of seeds"] += of_seeds(values[0], values[1], generator)
        counted["one model each"] += verdict(case, a[:1], b[:1])
    return {name: count / simulations for name, count in counted.items()}


def row(kind: str, case: Case, simulations: int) -> dict[str, str]:
    made = rates(case, simulations)
    room = 2 * (made["method"] * (1 - made["method"]) / simulations) ** 0.5
    shown = {name: f"{rate:.3f}" for name, rate in made.items()}
    return {"kind": kind, "case": case.what, **shown, "±": f"{room:.3f}", "simulations": str(simulations)}


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
