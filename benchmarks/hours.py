"""How much speech it takes: error rates of the same recogniser, trained on more and more hours of it.

    kassandra add recipes/fillets.yaml
    dvc repro evaluate@fillets-quarter evaluate@fillets-half evaluate@fillets
    python -m benchmarks.hours fillets-quarter fillets-half fillets

Prints a row per pipeline, and draws recipes/results/<last>_hours.png. Pipelines that differ in `prepare.limit` alone
have the same test, and each train split lies within the next larger one.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from kassandra.contracts.artifacts import METRICS, PREPARED, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.judging import figures

RESULTS = Path("recipes/results")
NAMES = {"cer": "characters (CER)", "wer": "words (WER)"}
NEAREST = "nearest recording"  # how the baseline's name begins


class Point(NamedTuple):
    """Of one pipeline. minutes: of its train split. scores: of cer and wer, value and both ends of its interval, each
    per 100. nearest: the same two scores of the nearest recording."""

    pipeline: str
    recordings: int
    minutes: float
    seeds: int
    scores: dict[str, tuple[float, float, float]]
    nearest: dict[str, float]


def point(name: str) -> Point:
    """What prepare and evaluate have written of a pipeline.

    Raises:
        KassandraError: they have not, or it is none of recordings with transcripts.
    """
    meta, result = read_json(PREPARED / name / "meta.json"), read_json(METRICS / name / "test.json")
    intervals = {each["score"]: each for each in result["intervals"]}
    if not set(NAMES) <= set(intervals):
        raise KassandraError(f"{name}: has no word error rate; name pipelines with target: transcript")
    scores = {score: tuple(float(intervals[score][key]) for key in ("value", "low", "high")) for score in NAMES}
    nearest = next((each for each in result["baselines"] if each["baseline"].startswith(NEAREST)), None)
    beside = {each["score"]: each["value"] for each in nearest["beside"]} if nearest else {}
    of_nearest = {"wer": float(nearest["wer"]["value"]), "cer": float(beside["cer"])} if nearest else {}
    minutes = 60 * float(meta["hours"]["train"])
    return Point(name, meta["examples"]["train"], minutes, result.get("seeds", 1), scores, of_nearest)  # type: ignore[arg-type]


def table(points: list[Point]) -> str:
    """As Markdown."""
    lines = [
        "| train | seeds | CER | 95% interval | WER | 95% interval | CER of the nearest recording |",
        "|---" * 7 + "|",
    ]
    for each in points:
        cells = [f"{each.recordings:,} recordings, {each.minutes:.0f} minutes", str(each.seeds)]
        for value, low, high in each.scores.values():
            cells += [f"{value:.1f}", f"{low:.1f}-{high:.1f}"]
        lines.append(
            f"| {' | '.join(cells)} | {each.nearest['cer']:.1f} |" if each.nearest else f"| {' | '.join(cells)} | |"
        )
    return "\n".join(lines)


def draw(points: list[Point], path: Path) -> None:
    """Error rates with their intervals over minutes of speech, both axes logarithmic: a power law is a line."""
    figure = Figure(figsize=(5, 3.4))
    axis, minutes = figure.subplots(), [each.minutes for each in points]
    for colour, (score, name) in zip((figures.BLUE, figures.ORANGE), NAMES.items(), strict=True):
        values, low, high = zip(*(each.scores[score] for each in points), strict=True)
        axis.plot(minutes, values, "o-", color=colour, label=name)
        axis.vlines(minutes, low, high, color=colour, linewidth=2, alpha=0.4)
        if all(each.nearest for each in points):
            axis.plot(minutes, [each.nearest[score] for each in points], ":", color=colour, linewidth=1)
    axis.set(xscale="log", yscale="log", xlabel="minutes of speech in train")
    axis.set(ylabel="errors per 100 of test", title="Errors by amount of speech (dotted: the nearest recording)")
    both = ((axis.xaxis, minutes), (axis.yaxis, [10, 20, 30, 40, 50, 60, 80, 100, 120]))
    for side, ticks in both:
        side.set_major_locator(FixedLocator(ticks))
        side.set_major_formatter(FixedFormatter([f"{tick:.0f}" for tick in ticks]))
        side.set_minor_locator(NullLocator())
    axis.grid(linewidth=0.4)
    axis.legend(frameon=False)
    figures.save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipelines", nargs="+", metavar="NAME", help="pipelines, the last of which names the picture")
    names: list[str] = parser.parse_args().pipelines
    points = sorted((point(name) for name in names), key=lambda each: each.minutes)
    print(table(points))
    path = RESULTS / f"{names[-1]}_hours.png"
    draw(points, path)
    print(path)


if __name__ == "__main__":
    main()
