"""A forest plot: each pipeline's headline difference with its interval, on an axis of its own, 0 in one line."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from kassandra.comparison.compare import Comparison, Pipeline
from kassandra.judging import figures
from kassandra.judging.intervals import Estimate

COLOURS = {"better": figures.BLUE, "worse": figures.ORANGE}


def forest(comparison: Comparison, path: Path) -> None:
    """Writes a PNG; what is better lies to the right of 0, also of scores of which less is better.

    Scores are in units of their own, so every row has its own scale.
    """
    shown = [pipeline for pipeline in comparison.pipelines if pipeline.headline.difference is not None]
    figure = Figure(figsize=(7, 0.9 + 0.75 * max(1, len(shown))), layout="constrained")
    a, b = (figures.drawable(side) for side in (comparison.a, comparison.b))
    figure.suptitle(f"{b} less {a}, on test", fontsize=10)
    if not shown:
        figure.text(0.5, 0.4, "no pipeline can be compared", ha="center", color=figures.GREY)
    for place, pipeline in enumerate(shown):
        _row(figure, place, len(shown), pipeline)
    if shown:
        figure.supxlabel("← worse     with 95% intervals, each row on a scale of its own     better →", fontsize=8)
    figures.save(figure, path)


def _row(figure: Figure, place: int, rows: int, pipeline: Pipeline) -> None:
    headline, difference = pipeline.headline, pipeline.headline.difference
    assert difference
    axis = figure.add_subplot(rows, 1, place + 1)
    colour = COLOURS.get(headline.verdict, figures.GREY)
    far = 1.15 * max(abs(difference.low), abs(difference.high)) or 1.0
    axis.axvline(0, color=figures.INK, linewidth=1)
    axis.plot([difference.low, difference.high], [0, 0], color=colour, linewidth=2.5, solid_capstyle="butt")
    axis.plot(difference.value, 0, "o", color=colour, markerfacecolor=colour if headline.paired else "white")
    axis.set(ylim=(-1, 1), xlim=(far, -far) if headline.better == "lower" else (-far, far))
    axis.set_yticks([0], [f"{figures.name(pipeline.name)}\n{headline.score}"])
    axis.xaxis.set_major_locator(MaxNLocator(5, symmetric=True) if difference.high > difference.low else NullLocator())
    axis.tick_params(axis="x", labelsize=7)
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    text = Estimate(difference.value, difference.low, difference.high).text("+") + "  "
    text *= headline.verdict != "identical"
    notes = [headline.verdict] + ["unpaired"] * (not headline.paired)
    notes += ["neither way is better"] * (headline.verdict == "differs")
    axis.set_title(f"{text}{', '.join(notes)}", fontsize=8, loc="right", color=colour, pad=2)
