"""How often `kassandra compare` is wrong → benchmarks/results/false_alarms.json.

    python -m benchmarks.false_alarms

Two models are simulated that are equally good, though never on the same examples: where p < 0.05 they seem to differ by
mistake, which should happen to 5 in 100 of them or to fewer. Then one of them is made a little worse, to see how often
that is noticed. Both have much in common, as models of one data set have: what is hard for one is hard for the other.
"""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.progress import track
from scipy.signal import lfilter

from kassandra.contracts.artifacts import write_json
from kassandra.judging.intervals import wilson
from kassandra.judging.paired import ALPHA, compare
from kassandra.judging.score import scores_of
from kassandra.targets.forecast.evaluate.scores import diebold_mariano

RESAMPLES = 500  # a quarter of those that the command takes, in half the time
RESULTS = Path("benchmarks/results/false_alarms.json")
Pairs = dict[str, float]  # p by score


class Case(NamedTuple):
    """what: two models, compared once. draw: p of each score, given by how much the second is worse. times: how many
    times as often as the others it is drawn, being quicker."""

    what: str
    draw: Callable[[np.random.Generator, float], Pairs]
    worse: float
    times: int = 1


def ps(target: str, sides: list[pd.DataFrame], names: tuple[str, ...]) -> Pairs:
    """Of scores of a target."""
    module = scores_of(target)
    assert module
    scores = [score for score in module.SCORES if score.name in names]
    results = compare(scores, sides[0], sides[1], module.RESAMPLING, RESAMPLES)
    return {name: results[name].difference.p for name in names}


def classes(examples: int, count: int, scores: tuple[str, ...]) -> Callable[[np.random.Generator, float], Pairs]:
    """Logits: right to some degree, noise that both models share, and noise of each; some losses are huge."""

    def draw(generator: np.random.Generator, worse: float) -> Pairs:
        targets = generator.integers(0, count, examples)
        shared = 1.2 * np.eye(count)[targets] * 2 + 1.5 * generator.normal(size=(examples, count))
        sides = []
        for weaker in (0.0, worse):
            logits = shared * (1 - weaker) + generator.normal(size=(examples, count)) * np.exp(
                generator.normal(size=(examples, 1))
            )
            probabilities = np.exp(logits - logits.max(1, keepdims=True))
            probabilities /= probabilities.sum(1, keepdims=True)
            columns = {f"probability_{label}": column for label, column in enumerate(probabilities.T)}
            table = pd.DataFrame({"target": targets, "predicted": probabilities.argmax(1), **columns})
            sides.append(table)
        return ps("label", sides, scores)

    return draw


def forecasts(dates: int, horizon: int) -> Callable[[np.random.Generator, float], Pairs]:
    """Errors of overlapping forecasts: each sums what is observed in `horizon` steps, of which models knew little."""

    def draw(generator: np.random.Generator, worse: float) -> Pairs:
        steps = np.ones(horizon) / math.sqrt(horizon)
        noise = generator.normal(size=(3, dates + horizon - 1))
        observed, *own = (np.convolve(row, steps, "valid") for row in noise)
        errors = [observed + own[0], (observed + own[1]) * (1 + worse)]
        origins = [f"{date:09}" for date in range(dates)]
        asked = {"origin": origins, "step": horizon, "observed": 0.0, "scale": 1.0}
        sides = [pd.DataFrame({**asked, "point": each}) for each in errors]
        rectangular = diebold_mariano(errors[1] ** 2 - errors[0] ** 2, horizon)
        results = ps("forecast", sides, ("rmse",))
        return results | ({"rmse, rectangular kernel (not used)": rectangular[1]} if rectangular else {})

    return draw


def tokens(count: int, reach: int) -> Callable[[np.random.Generator, float], Pairs]:
    """Losses in nats, which hang together over about `reach` tokens, in both models and in each."""

    rho = math.exp(-1 / reach)

    def draw(generator: np.random.Generator, worse: float) -> Pairs:
        shared, *own = lfilter([math.sqrt(1 - rho**2)], [1, -rho], generator.normal(size=(3, count)))
        rough = generator.normal(size=(2, count))
        sides = []
        for each, noise, more in zip(own, rough, (0.0, worse), strict=True):
            losses = np.logaddexp(0, 1 + shared + 0.3 * each + 0.7 * noise) + more
            table = pd.DataFrame({"target": np.zeros(count, np.int64), "log_probability": -losses})
            sides.append(table)
        return ps("next", sides, ("loss",))

    return draw


def sentences(count: int) -> Callable[[np.random.Generator, float], Pairs]:
    """Translations whose tokens match a reference in runs, more of them in easy sentences; lengths vary a little."""

    def draw(generator: np.random.Generator, worse: float) -> Pairs:
        references, easy = 4 + generator.poisson(9, count), generator.normal(1.0, 1.0, count)
        sides = []
        for weaker in (0.0, worse):
            lengths = np.maximum(1, references + generator.integers(-2, 3, count))
            chance = 1 / (1 + np.exp(-(easy - weaker + generator.normal(0, 0.7, count))))
            written = np.arange(lengths.max()) < lengths[:, None]  # (sentences, places)
            match = (generator.random(written.shape) < chance[:, None]) & written
            correct, total = [], []
            for order in range(1, 5):
                runs = np.lib.stride_tricks.sliding_window_view(match, order, axis=1).all(2)
                correct.append(runs.sum(1))
                total.append(np.maximum(lengths - order + 1, 0))
            counts = np.column_stack([*correct, *total, lengths, references])
            sides.append(pd.DataFrame({"bleu": counts.tolist()}))
        return ps("text", sides, ("bleu",))

    return draw


ALL = ("accuracy", "precision", "recall", "f1", "loss", "calibration_error", "roc_auc")
CASES = [
    Case("300 examples of 2 classes", classes(300, 2, ALL), 0.3),
    Case("300 examples of 10 classes", classes(300, 10, ALL[:6]), 0.3),
    Case("2,000 examples of 3 classes", classes(2000, 3, ALL[:6]), 0.15),
    Case("forecasts 1 step ahead, 250 dates", forecasts(250, 1), 0.15, 5),
    Case("forecasts 5 steps ahead, 100 dates", forecasts(100, 5), 0.3, 5),
    Case("forecasts 5 steps ahead, 900 dates", forecasts(900, 5), 0.15, 5),
    Case("forecasts 24 steps ahead, 300 dates", forecasts(300, 24), 0.5, 5),
    Case("forecasts 24 steps ahead, 2,000 dates", forecasts(2000, 24), 0.2, 5),
    Case("a text of 100,000 tokens, dependent over 50", tokens(100_000, 50), 0.02),
    Case("a text of 4,000 tokens, dependent over 50", tokens(4_000, 50), 0.1, 5),
    Case("300 translated sentences", sentences(300), 0.3),
    Case("2,000 translated sentences", sentences(2000), 0.1),
]


def rates(case: Case, trials: int, worse: float) -> dict[str, dict[str, float]]:
    """By score, the share of trials with p < 0.05, and its 95% interval (Wilson)."""
    generator = np.random.default_rng(0)
    drawn = [case.draw(generator, worse) for _ in range(trials)]
    rates = {}
    for score in drawn[0]:
        alarms = np.array([sum(each[score] < ALPHA for each in drawn)])
        low, high = wilson(alarms, np.array([trials]))
        values = {"rate": alarms[0] / trials, "low": low[0], "high": high[0]}
        rates[score] = {name: round(float(value), 4) for name, value in values.items()}
    return rates


def markdown(made: list[dict[str, Any]]) -> list[str]:
    """The table of docs/comparing.md, line by line."""
    names = ("simulated", "score", "false alarms", "95% interval", "a real difference is noticed")
    lines = [f"| {' | '.join(names)} |", "|---|---|--:|--:|--:|"]
    for row in made:
        alarm, power = row["false_alarms"], row["power"]
        interval = f"{alarm['low']:.1%} - {alarm['high']:.1%}"
        lines.append(f"| {row['case']} | {row['score']} | {alarm['rate']:.1%} | {interval} | {power['rate']:.0%} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--trials",
        type=int,
        default=1000,
        help="of each case, a fifth of them of real differences (default: %(default)s)",
    )
    trials = parser.parse_args().trials
    made: list[dict[str, Any]] = []
    for case in track(CASES, "Simulating"):
        count = trials * case.times
        alarms, power = rates(case, count, 0.0), rates(case, -(-count // 5), case.worse)
        made += [
            {"case": case.what, "score": score, "trials": count, "false_alarms": alarms[score], "power": power[score]}
            for score in alarms
        ]
    write_json(RESULTS, {"level": ALPHA, "rates": made})
    print("\n".join(markdown(made)))


if __name__ == "__main__":
    main()
