"""How often equal recipes seem to differ in real small trainings → benchmarks/results/equal_recipes.csv.

    python -m benchmarks.equal_recipes
    python -m benchmarks.equal_recipes --seeds 6 --only letters
    python -m benchmarks.equal_recipes --reviews reviews.csv      # texts of your own: columns text, label

Small LSTMs are trained on data that are generated here (or on 5,200 of your reviews): one split, a pool of seeds.
`one model each`: today's paired test between all pairs of members. `method`: kassandra.judging.method between pairs of
groups of three members, no member being in both. Every difference is one of seeds: p < 0.05 should come in at most 5
of 100. Pairs share members, so that a rate is known less well than so many pairs suggest: `±` is two standard errors
as if there were only as many pairs as members (of groups: half as many).
"""

import argparse
import contextlib
import io
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import training
from benchmarks.verdicts import write
from kassandra.contracts.artifacts import RAW, read_json
from kassandra.contracts.section import check
from kassandra.judging.method import difference
from kassandra.judging.paired import ALPHA, compare
from kassandra.judging.score import scores_of
from kassandra.params.sections.kind import Pipeline
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.forecast.evaluate.stage import predictions as forecasts
from kassandra.targets.label.evaluate.scores import predictions as classes
from kassandra.targets.next.evaluate.scores import predictions as tokens

ROWS, GROUPS, EACH = 5200, 300, 3
MODEL = {"variant": "vanilla", "hidden_size": 16}
TRAIN = {"epochs": 3, "learning_rate": 0.01}
SECTIONS: dict[str, dict[str, Any]] = {
    "reviews": {
        "input": "text", "target": "label", "source": {"path": "reviews.csv", "text": "text", "label": "label"},
        "prepare": {"vocab_size": 2000, "max_length": 40, "valid_fraction": 0.15, "test_fraction": 0.6},
        "model": MODEL | {"embedding_size": 16}, "train": TRAIN | {"epochs": 6},
    },
    "letters": {
        "input": "text", "target": "next", "source": {"path": "letters.txt"}, "prepare": {"tokens": "characters"},
        "model": MODEL | {"embedding_size": 8}, "train": TRAIN | {"batch_size": 8, "window": 50},
    },
    "loads": {
        "input": "series", "target": "forecast",
        "source": {"path": "loads.csv", "time": "time", "target": "load", "frequency": "h"},
        "prepare": {"window": 24, "horizon": 3}, "model": MODEL, "train": TRAIN,
    },
}  # fmt: skip
SCORES = {"reviews": ("accuracy", "f1", "loss"), "letters": ("loss",), "loads": ("rmse", "mae")}


def reviews(generator: np.random.Generator) -> str:
    """Texts of 8 to 20 words, of which a few are used in one class more than in the other."""
    lines = ["text,label"]
    for _ in range(ROWS):
        label, length = int(generator.integers(2)), int(generator.integers(8, 21))
        words = generator.zipf(1.3, length) % 1500
        leaning = np.flatnonzero(generator.random(length) < 0.2)
        good = generator.random(len(leaning)) < 0.25 + 0.5 * label
        words[leaning] = 1500 + 2 * generator.integers(0, 50, len(leaning)) + good
        lines.append(f"{' '.join(f'w{word}' for word in words)},{'good' if label else 'bad'}")
    return "\n".join(lines) + "\n"


def letters(generator: np.random.Generator) -> str:
    """Words of a small language, one likelier after another."""
    words = ["".join(generator.choice([*"abcdefghij"], generator.integers(2, 6))) for _ in range(60)]
    likely = generator.dirichlet(np.full(60, 0.1), 60)
    text, word = [], 0
    for _ in range(12_000):
        word = int(generator.choice(60, p=likely[word]))
        text.append(words[word])
    return " ".join(text) + "\n"


def loads(generator: np.random.Generator) -> str:
    """A day's cycle and what is left of past deviations, by the hour."""
    hours, deviation, lines = np.arange(2400), 0.0, ["time,load"]
    times = pd.date_range("2020-01-01", periods=len(hours), freq="h")
    for hour, at in zip(hours, times, strict=True):
        deviation = 0.8 * deviation + generator.normal(0, 1)
        lines.append(f"{at:%Y-%m-%d %H:%M},{50 + 5 * np.sin(2 * np.pi * hour / 24) + deviation:.4f}")
    return "\n".join(lines) + "\n"


MADE: dict[str, Callable[[np.random.Generator], str]] = {"reviews": reviews, "letters": letters, "loads": loads}


def table(name: str, predictor: Any, test: Any) -> pd.DataFrame:
    """The predictions of a member."""
    if name == "reviews":
        targets = np.asarray(test.targets)
        ids = [str(row) for row in range(len(targets))]
        return classes(ids, targets, predictor.outputs(test).log_probabilities, predictor.classes)
    if name == "letters":
        return tokens(np.array(test.targets[1:], np.int64), predictor.losses(test), 1)
    return forecasts(test.inputs, predictor.outputs(test), None, predictor.meta)


def members(name: str, seeds: int, text: str) -> tuple[list[pd.DataFrame], float]:
    """Predictions of a member for each seed, and CPU seconds of all trainings; the split is the same for all."""
    section = SECTIONS[name]
    params: Pipeline = check(pipeline_of(section["input"], section["target"]), section, name)
    tables, started = [], time.process_time()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        (RAW / name).mkdir(parents=True)
        (RAW / name / section["source"]["path"]).write_text(text, encoding="utf-8")
        training.prepare(params, name, Path("prepared"), 0)
        assert read_json(Path("prepared/meta.json"))
        for seed in range(seeds):
            with contextlib.redirect_stdout(io.StringIO()):
                _, predictor, test = training.fit(params, Path("prepared"), seed, Path(f"scratch-{seed}"))
            tables.append(table(name, predictor, test))
    return tables, time.process_time() - started


def judged(name: str, tables: list[pd.DataFrame]) -> list[dict[str, str]]:
    module = scores_of(SECTIONS[name]["target"])
    assert module
    scores = [score for score in module.SCORES if score.name in SCORES[name]]
    wrong = {score.name: [0, 0] for score in scores}
    pairs = list(itertools.combinations(range(len(tables)), 2))
    for one, other in pairs:
        for score, found in compare(scores, tables[one], tables[other], module.RESAMPLING, 400).items():
            wrong[score][0] += found.difference.p < ALPHA
    generator = np.random.default_rng(0)
    for _ in range(GROUPS):
        chosen = [tables[place] for place in generator.permutation(len(tables))[: 2 * EACH]]
        for each in scores:
            verdict = difference(each, chosen[:EACH], chosen[EACH:], module.RESAMPLING)
            wrong[each.name][1] += bool(verdict and verdict.difference.p < ALPHA)
    rows = []
    for each in scores:
        values = [float(each.of(one)(np.ones(len(one), np.int64))) for one in tables]
        single, method = wrong[each.name][0] / len(pairs), wrong[each.name][1] / GROUPS
        room = 2 * (method * (1 - method) / (len(tables) / 2)) ** 0.5
        rows.append({"recipe": name, "score": each.name, "mean": f"{np.mean(values):.4f}",
                     "deviation of seeds": f"{np.std(values, ddof=1):.4f}", "one model each": f"{single:.3f}",
                     "pairs": str(len(pairs)), "method": f"{method:.3f}", "±": f"{room:.3f}",
                     "pairs of groups": str(GROUPS), "seeds": str(len(tables))})  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=24, help="members of each recipe, ≥ 6 (default: %(default)s)")
    parser.add_argument("--only", choices=SECTIONS, help="one recipe; the file is not written then")
    parser.add_argument("--reviews", type=Path, help="a CSV of your own reviews, with columns text and label")
    arguments = parser.parse_args()
    if arguments.seeds < 2 * EACH:
        parser.error(f"--seeds: {arguments.seeds} make no two groups of {EACH}; give at least {2 * EACH}")
    rows = []
    for name in [arguments.only] if arguments.only else SECTIONS:
        text = MADE[name](np.random.default_rng(1))
        if name == "reviews" and arguments.reviews:
            frame = pd.read_csv(arguments.reviews)[["text", "label"]]
            text = frame.sample(min(ROWS, len(frame)), random_state=0).to_csv(index=False)
        tables, seconds = members(name, arguments.seeds, text)
        print(f"{name}: {len(tables)} trainings, {seconds:.0f} CPU s", flush=True)
        rows += judged(name, tables)
    if arguments.only:
        print(pd.DataFrame(rows).to_string(index=False))
    else:
        write("equal_recipes", rows)


if __name__ == "__main__":
    main()
