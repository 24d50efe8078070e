"""Pictures of translations: what a model looked at for each piece that it wrote, and BLEU by length of the source."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.judging import figures
from kassandra.judging.bins import equal_mass
from kassandra.judging.highlight import drawable
from kassandra.judging.intervals import percentiles
from kassandra.targets.text.evaluate.scores import RESAMPLING, Counts, corpus_bleu

CELL = 0.17  # inches: side of a square of a heat map
BANDS = 6  # of length
COLOURS = (figures.BLUE, figures.ORANGE, figures.GREY)


class Aligned(NamedTuple):
    """weights: (target pieces, source pieces) ≥ 0, rows sum to 1."""

    heading: str
    source: list[str]
    target: list[str]
    weights: NDArray[np.float32]


def one_of_each_quarter(lengths: NDArray[np.int64]) -> NDArray[np.intp]:
    """Row numbers: sorted by length, the row in the middle of each quarter; fewer of fewer than four rows.

    >>> one_of_each_quarter(np.array([5, 1, 7, 2, 8, 6, 3, 4])).tolist()
    [3, 7, 5, 4]
    """
    places = (2 * np.arange(4) + 1) * len(lengths) // 8
    return np.argsort(lengths, kind="stable")[np.unique(places)] if len(lengths) else np.empty(0, np.intp)


def alignments(shown: list[Aligned], title: str, path: Path) -> None:
    """A heat map each, two in a line: source pieces across, target pieces down; white is 0, dark blue 1."""
    columns, lines = min(2, len(shown)), -(-len(shown) // 2)
    widths = [max(len(one.source) for one in shown[column::2]) for column in range(columns)]
    heights = [max(len(one.target) for one in shown[2 * line : 2 * line + 2]) for line in range(lines)]
    size = (CELL * sum(widths) + 1.4 * columns, CELL * sum(heights) + 1.3 * lines + 0.4)  # with room for the pieces
    figure = Figure(figsize=(max(size[0], 6), size[1]), layout="constrained")
    figure.suptitle(title, fontsize=10)
    axes = figure.subplots(lines, columns, width_ratios=widths, height_ratios=heights, squeeze=False).ravel()
    for axis, one in zip(axes, shown, strict=False):
        axis.imshow(one.weights, cmap="Blues", vmin=0, vmax=1, aspect="equal")
        style = {"fontsize": 8, "parse_math": False}
        axis.set_xticks(range(len(one.source)), [drawable(piece) for piece in one.source], rotation=90, **style)
        axis.set_yticks(range(len(one.target)), [drawable(piece) for piece in one.target], **style)
        axis.xaxis.tick_top()
        axis.set_xticks(np.arange(len(one.source) + 1) - 0.5, minor=True)
        axis.set_yticks(np.arange(len(one.target) + 1) - 0.5, minor=True)
        axis.grid(which="minor", color="#e6e6e6", linewidth=0.4)
        axis.tick_params(which="both", length=0)
        axis.spines[["left", "bottom"]].set_visible(False)
        axis.set_xlabel(one.heading, fontsize=8)
    for axis in axes[len(shown) :]:
        axis.set_axis_off()
    figures.save(figure, path)


def bleu_by_length(lengths: NDArray[np.int64], systems: dict[str, Counts], unit: str, seed: int, path: Path) -> None:
    """BLEU and its 95% interval in six bands of about equally many sentences, from the shortest on: of `lengths`
    (sentences,) of the sources, in `unit`, and the n-grams of each system, the model's first."""
    band_of = equal_mass(lengths, BANDS)
    figure = Figure(figsize=(7, 3.4))
    axis = figure.subplots()
    names, bands = [], []
    for band in range(band_of.max() + 1):
        rows = np.flatnonzero(band_of == band)
        inside = lengths[rows]
        span = f"{inside.min():,}" if inside.min() == inside.max() else f"{inside.min():,}–{inside.max():,}"
        names.append(f"{span}\n({len(rows):,})")
        units = RESAMPLING.units(rows)
        drawn = [corpus_bleu(units.resampled(counts[rows], seed)) for counts in systems.values()]
        observed = [float(corpus_bleu(counts[rows].sum(0))) for counts in systems.values()]
        bands.append([percentiles(*each) for each in zip(observed, drawn, strict=True)])
    for number, (name, counts) in enumerate(systems.items()):
        scores = np.array([scores[number] for scores in bands])  # (bands, 3): value, low, high
        value, low, high = scores.T
        places = np.arange(len(bands)) + 0.14 * (number - (len(systems) - 1) / 2)
        axis.errorbar(
            places, value, [np.maximum(value - low, 0), np.maximum(high - value, 0)], fmt="o", capsize=2,
            markersize=4, color=COLOURS[number], label=f"{name}: {corpus_bleu(counts.sum(0)):.2f}",
        )  # fmt: skip
    axis.set_xticks(range(len(names)), names, fontsize=8)
    axis.set(xlabel=f"length of the source in {unit} (test sentences)", ylabel="BLEU, with its 95% interval")
    axis.set_ylim(bottom=0)
    axis.set_title("BLEU by length of the source")
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), title="BLEU of all test sentences")
    figures.save(figure, path)
