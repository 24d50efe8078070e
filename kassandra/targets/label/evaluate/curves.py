"""How well a classifier's probabilities order examples (ROC, precision and recall), and accuracy by length of text."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from kassandra.judging import figures
from kassandra.judging.highlight import drawable
from kassandra.judging.intervals import REPLICATES, Score, bootstrap, wilson
from kassandra.targets.label.evaluate.calibration import equal_mass
from kassandra.targets.label.evaluate.classification import Labels

AREAS = ("roc_auc", "average_precision")
DRAWN = 10  # classes; more lines cannot be told apart
LENGTHS = 8  # bins
GRID = np.linspace(0.001, 1, 1000)  # where curves are averaged; at 0 itself a curve may have several values
WORK = 250_000_000  # examples × curves × resamples, up to 5 seconds; past that there are fewer resamples
FEW_REPLICATES = 200


class Ranking(NamedTuple):
    """Of one class against the rest: all examples, those most likely of the class first."""

    label: int
    scores: NDArray[np.float64]  # (examples,) in the order of the examples; larger is more likely
    positive: NDArray[np.bool_]  # (examples,) in the order of the examples: whether it is of the class
    order: NDArray[np.intp]  # (examples,) from the largest score to the smallest
    ends: NDArray[np.intp]  # (thresholds,) in `order`, the last place of each run of equal scores

    def areas(self, weights: NDArray[np.int64]) -> tuple[float, float]:
        """The area under the ROC curve and the average precision, `weights[i]` times over of example i.

        scikit-learn's roc_auc_score and average_precision_score, but quick enough to be asked a thousand times. Where
        the weights leave the class or the rest empty, what guessing has: 0.5, and the share of the class.
        """
        times = weights[self.order]
        said = times.cumsum()[self.ends]  # (thresholds,): examples with at least this score
        found = (times * self.positive[self.order]).cumsum()[self.ends]  # (thresholds,): those of the class among them
        positives, negatives = int(found[-1]), int(said[-1] - found[-1])
        if not positives or not negatives:
            return 0.5, positives / (positives + negatives)
        gained, wrong = np.diff(found, prepend=0), said - found
        before = wrong - np.diff(wrong, prepend=0) / 2  # of the negatives with an equal score, half count
        precision = found / np.maximum(said, 1)
        area = 1 - float((gained * before).sum()) / (positives * negatives)
        return area, float((gained * precision).sum()) / positives

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The rates of false and of true positives, both rising from 0 to 1."""
        false, true, _ = roc_curve(self.positive, self.scores)
        return false, true

    def precision_recall(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Recall, rising from 0 to 1, and the precision there."""
        precisions, recalls, _ = precision_recall_curve(self.positive, self.scores, drop_intermediate=True)
        return recalls[::-1], precisions[::-1]


def areas(targets: Labels, log_probabilities: NDArray[np.float64]) -> dict[str, float]:
    """`roc_auc` (0.5 is guessing) and `average_precision` (the share of the class is guessing), both in [0, 1].

    Of two classes, those of the second; of more, the mean over classes of each against the rest (macro one-vs-rest). A
    class that `targets` lacks, or that all of them are, has neither and is left out; the dict is empty if none is left.

    Args:
        targets: (examples,) what each is.
        log_probabilities: (examples, classes).
    """
    once, rankings = np.ones(len(targets), np.int64), _rankings(targets, log_probabilities)
    return dict(zip(AREAS, _mean_areas(rankings, once), strict=True)) if rankings else {}


def area_scores(targets: Labels, log_probabilities: NDArray[np.float64], seed: int) -> dict[str, Score]:
    """As `areas`, with intervals: of 1000 resamples where that takes few seconds, else of 200.

    A class of which a resample has no example has there what guessing has.
    """
    rankings = _rankings(targets, log_probabilities)
    if not rankings:
        return {}
    quick = len(targets) * len(rankings) * REPLICATES <= WORK
    scores = bootstrap(
        len(targets),
        lambda rows: _mean_areas(rankings, np.bincount(rows, minlength=len(targets))),
        seed,
        REPLICATES if quick else FEW_REPLICATES,
    )
    return dict(zip(AREAS, scores, strict=True))


def roc_and_precision_recall(
    targets: Labels, log_probabilities: NDArray[np.float64], classes: list[str], path: Path
) -> None:
    """Both curves side by side: of the second of two classes; of more, each against the rest, and the mean of all.

    Of many classes the ten with the smallest areas under the ROC curve are drawn. Dotted is what guessing has.
    """
    rankings = _rankings(targets, log_probabilities)
    once = np.ones(len(targets), np.int64)
    found = np.array([ranking.areas(once) for ranking in rankings]).reshape(-1, 2)  # (curves, 2)
    drawn = np.sort(np.argsort(found[:, 0], kind="stable")[:DRAWN])
    figure = Figure(figsize=(9, 4.8 + 0.09 * len(drawn)), layout="constrained")
    roc, precision = figure.subplots(1, 2)
    for colour, place in enumerate(drawn):
        style: dict[str, Any] = {"color": figures.BLUE if len(rankings) == 1 else f"C{colour}", "linewidth": 1.2}
        ranking = rankings[place]
        roc.plot(*ranking.roc(), label=_label(classes[ranking.label], *found[place]), **style)
        precision.step(*ranking.precision_recall(), where="pre", **style)
    if len(rankings) > 1:
        rates = np.mean([np.interp(GRID, *ranking.roc()) for ranking in rankings], axis=0)
        levels = np.mean([_stepped(GRID, *ranking.precision_recall()) for ranking in rankings], axis=0)
        name = _label(f"mean of {len(rankings)} classes", *found.mean(0))
        for axis, mean in ((roc, rates), (precision, levels)):
            axis.plot(GRID, mean, color=figures.INK, linewidth=2, label=name)
    if rankings:
        guess = float(np.mean([ranking.positive.mean() for ranking in rankings]))
        roc.plot([0, 1], [0, 1], ":", color=figures.GREY, label=_label("guessing", 0.5, guess))
        precision.plot([0, 1], [guess, guess], ":", color=figures.GREY)
        legend = figure.legend(
            *roc.get_legend_handles_labels(), title="area under ROC; average precision", ncols=2, frameon=False,
            fontsize=8, title_fontsize=8, loc="outside lower center",
        )  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)  # a class may be called $5
    title = "each class against the rest" if len(classes) > 2 else f"“{_short(classes[-1])}” or not"
    if len(drawn) < len(rankings):
        title += f"; the {len(drawn)} of {len(rankings)} with the smallest areas under ROC"
    figure.suptitle(title if rankings else "no curves: all examples are of one class", fontsize=10, parse_math=False)
    roc.set(
        title="ROC", xlabel="false positives, as a share of the rest", ylabel="true positives, as a share of the class"
    )
    precision.set(title="Precision", xlabel="recall", ylabel="precision")
    for axis in (roc, precision):
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    figures.save(figure, path)


def accuracy_by_length(lengths: NDArray[np.int64], right: NDArray[np.bool_], path: Path, unit: str = "tokens") -> None:
    """Accuracy with its 95% interval (Wilson) in eight bins of about equally many texts, from the shortest on.

    Args:
        lengths: (texts,) ≥ 0, in `unit`, of at least one text.
        right: (texts,), whether the model's answer is the true one.
    """
    bin_of = equal_mass(lengths, LENGTHS)
    counts, hits = np.bincount(bin_of), np.bincount(bin_of, right).astype(np.int64)  # (bins,) each
    accuracy, (low, high) = hits / counts, wilson(hits, counts)
    names = []
    for number, count in enumerate(counts):
        inside = lengths[bin_of == number]
        span = f"{inside.min():,}" if inside.min() == inside.max() else f"{inside.min():,}–{inside.max():,}"
        names.append(f"{span}\n({count:,})")
    figure = Figure(figsize=(1.2 + 0.85 * max(len(counts), 4), 3.2))
    axis = figure.subplots()
    axis.axhline(float(right.mean()), linestyle=":", color=figures.GREY, label=f"all texts: {right.mean():.4f}")
    places = np.arange(len(counts))
    axis.errorbar(places, accuracy, [accuracy - low, high - accuracy], fmt="o", color=figures.BLUE, capsize=3)
    axis.set_xticks(places, names, fontsize=8)
    axis.set(xlabel=f"length in {unit} (test texts)", ylabel="accuracy, with its 95% interval")
    axis.set_xlim(-0.5, len(counts) - 0.5)
    axis.set_title("Accuracy by length of the text")
    axis.legend(frameon=False)
    figures.save(figure, path)


def _rankings(targets: Labels, log_probabilities: NDArray[np.float64]) -> list[Ranking]:
    """Of each class against the rest, of the second alone if there are two; none where either side has no example."""
    size, rankings = log_probabilities.shape[1], []
    for label in range(size) if size > 2 else [1]:
        positive = targets == label
        if positive.any() and not positive.all():
            scores = log_probabilities[:, label]
            if size == 2:  # the log-odds tell apart even what rounds to a probability of 1
                scores = scores - log_probabilities[:, 0]
            order = np.argsort(-scores, kind="stable")
            ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
            rankings.append(Ranking(label, scores, positive, order, ends))
    return rankings


def _mean_areas(rankings: list[Ranking], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """(2,): each of AREAS, as the mean over rankings."""
    found = np.array([ranking.areas(weights) for ranking in rankings])  # (rankings, 2)
    return np.asarray(found.mean(0), np.float64)


def _stepped(grid: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The step function through (x, y), x rising, whose value between two x is that of the latter."""
    return y[np.searchsorted(x, grid)]


def _label(name: str, area: float, precision: float) -> str:
    return f"{_short(name)}: {area:.4f}; {precision:.4f}"


def _short(name: str) -> str:
    name = drawable(name)
    return name if len(name) <= 32 else name[:31] + "…"
