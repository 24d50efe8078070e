"""Pictures of models that name one class per example; each writes one PNG, the same bytes for the same numbers."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.judging import figures
from kassandra.judging.bins import equal_mass
from kassandra.judging.intervals import Estimate, wilson
from kassandra.targets.label.evaluate.scores import BINS, Flags, Labels, Ranking, rankings

APART = 0.01  # of the axis: bins that are closer are drawn as one
MOST = 30  # labels of which it is drawn which stand together
DRAWN = 10  # classes; more lines cannot be followed
GRID = np.linspace(0.001, 1, 1000)  # where curves are averaged; at 0 itself a curve may have several values


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_], error: Estimate, path: Path) -> None:
    """Accuracy against mean confidence in each bin, on the diagonal if calibrated; beneath, how many are how sure.

    The bins are those of the calibration error; those that would cover each other are drawn as one.
    """
    bin_of = _apart(confidence, equal_mass(confidence, BINS))
    counts, hits = np.bincount(bin_of), np.bincount(bin_of, right).astype(np.int64)  # (bins,) each
    accuracy, sure = hits / counts, np.bincount(bin_of, confidence) / counts
    low, high = wilson(hits, counts)
    start = float(np.floor(min(low.min(), sure.min(), 0.9) * 10) / 10)
    figure = Figure(figsize=(4.6, 5.2))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1], gridspec_kw={"hspace": 0.08})
    upper.plot([start, 1], [start, 1], ":", color=figures.GREY, label="calibrated")
    upper.errorbar(
        sure, accuracy, [accuracy - low, high - accuracy], fmt="o-", color=figures.BLUE, ecolor=figures.BLUE,
        linewidth=0.8, elinewidth=1.2, markersize=4, label=f"{_span(counts)} examples each",
    )  # fmt: skip
    heights, _, _ = lower.hist(confidence.clip(start), bins=np.linspace(start, 1, 31).tolist(), color=figures.GREY)
    figures.logarithmic(lower, 0.8, float(np.max(heights)))
    for mean, colour, what in (
        (confidence.mean(), figures.INK, "mean confidence"),
        (right.mean(), figures.ORANGE, "accuracy"),
    ):
        lower.axvline(float(mean), color=colour, linewidth=1.2)
        upper.plot([], [], color=colour, label=f"{what} {mean:.4f} (below)")
    margin = 0.02 * (1 - start)
    upper.set(xlim=(start - margin, 1 + margin), ylim=(start - margin, 1 + margin))
    upper.legend(frameon=False, fontsize=8, loc="upper left" if confidence.mean() > right.mean() else "lower right")
    upper.set(title=f"Expected calibration error {error} on test", ylabel="accuracy, with its 95% interval")
    below = int((confidence < start).sum())
    note = f"\nthe first bar holds {below:,} that are below {start:g}, too" if below else ""
    lower.set(xlabel=f"confidence: the probability of the class that the model predicts{note}", ylabel="examples")
    figures.save(figure, path)


def _apart(confidence: NDArray[np.float64], bin_of: NDArray[np.intp]) -> NDArray[np.intp]:
    """(values,) the bins, neighbours made one where their mean confidences are closer than can be seen."""
    means = np.bincount(bin_of, confidence) / np.bincount(bin_of)  # (bins,) rising
    least, merged, first = APART * (1 - means[0]), [0], means[0]
    for mean in means[1:]:
        far = mean - first > least
        merged.append(merged[-1] + far)
        first = mean if far else first
    return np.array(merged, np.intp)[bin_of]


def _span(counts: NDArray[np.int64]) -> str:
    low, high = counts.min(), counts.max()
    points = f"{len(counts)} bins" if len(counts) > 1 else "one bin"
    return f"{points} of {low:,}" if low == high else f"{points} of {low:,} to {high:,}"


def roc_and_precision_recall(
    targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str], path: Path
) -> None:
    """Both curves side by side: of the second of two classes; of more, each against the rest, and the mean of all."""
    title = "each class against the rest" if len(classes) > 2 else f"“{figures.name(classes[-1])}” or not"
    curves(rankings(targets, np.exp(log_probabilities)), classes, len(targets), path, title)


def curves(ranked: list[Ranking], classes: list[str], examples: int, path: Path, title: str) -> None:
    """Both curves of some classes side by side, and the mean of all.

    Of many classes the ten with the smallest areas under the ROC curve are drawn. Dotted is what guessing has.
    """
    once = np.ones(examples, np.int64)
    areas = np.array([ranking.areas(once) for ranking in ranked]).reshape(-1, 2)  # (curves, 2)
    drawn = np.sort(np.argsort(areas[:, 0], kind="stable")[:DRAWN])
    figure = Figure(figsize=(9, 4.8 + 0.09 * len(drawn)), layout="constrained")
    roc, precision = figure.subplots(1, 2)
    for colour, place in enumerate(drawn):
        style: dict[str, Any] = {"color": figures.BLUE if len(ranked) == 1 else f"C{colour}", "linewidth": 1.2}
        ranking = ranked[place]
        roc.plot(*ranking.roc(), label=_label(classes[ranking.label], *areas[place]), **style)
        precision.step(*ranking.precision_recall(), where="pre", **style)
    if len(ranked) > 1:
        rates = np.mean([np.interp(GRID, *ranking.roc()) for ranking in ranked], axis=0)
        steps = (ranking.precision_recall() for ranking in ranked)  # between two recalls the latter's precision holds
        levels = np.mean([precisions[np.searchsorted(recalls, GRID)] for recalls, precisions in steps], axis=0)
        name = _label(f"mean of {len(ranked)} classes", *areas.mean(0))
        for axis, mean in ((roc, rates), (precision, levels)):
            axis.plot(GRID, mean, color=figures.INK, linewidth=2, label=name)
    if ranked:
        guess = float(np.mean([ranking.positive.mean() for ranking in ranked]))
        roc.plot([0, 1], [0, 1], ":", color=figures.GREY, label=_label("guessing", 0.5, guess))
        precision.plot([0, 1], [guess, guess], ":", color=figures.GREY)
        figure.legend(
            *roc.get_legend_handles_labels(), title="area under ROC; average precision", ncols=2, frameon=False,
            fontsize=8, title_fontsize=8, loc="outside lower center",
        )  # fmt: skip
    if len(drawn) < len(ranked):
        title += f"; the {len(drawn)} of {len(ranked)} with the smallest areas under ROC"
    figure.suptitle(title if ranked else "no curves: all examples are of one class", fontsize=10)
    roc.set(xlabel="false positives, as a share of the rest", ylabel="true positives, as a share of the class")
    roc.set_title("ROC")
    precision.set(title="Precision–recall", xlabel="recall", ylabel="precision")
    for axis in (roc, precision):
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    figures.save(figure, path)


def together(held: Flags, given: Flags, classes: list[str], path: Path) -> None:
    """Which labels stand together in examples of test, beside which the model gives together: of each row's label, the
    share of its examples that have the column's too. Of many labels the most frequent.
    """
    frequent = np.sort(np.argsort(-held.sum(0), kind="stable")[:MOST])
    names = [figures.name(classes[place]) for place in frequent]
    side = 1.6 + 0.24 * len(frequent)
    figure = Figure(figsize=(2 * side + 1, side + 0.6), layout="constrained")
    for axis, flags, what in zip(figure.subplots(1, 2), (held, given), ("have", "are given"), strict=True):
        some = flags[:, frequent].astype(np.int64)
        shares = some.T @ some / np.maximum(some.sum(0)[:, None], 1)  # (labels, labels)
        np.fill_diagonal(shares, np.nan)
        axis.imshow(shares, cmap="Oranges", vmin=0, vmax=0.5)
        axis.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
        counts = some.sum(0).tolist()
        axis.set_yticks(range(len(names)), [f"{a} ({b:,})" for a, b in zip(names, counts, strict=True)], fontsize=7)
        axis.set_title(f"of the examples that {what} the row’s label,\nthe share that {what} the column’s too")
    figures.save(figure, path)


def _label(name: str, area: float, precision: float) -> str:
    return f"{figures.name(name)}: {area:.4f}; {precision:.4f}"
