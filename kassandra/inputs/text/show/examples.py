"""Pictures of classified texts: accuracy by length, and the words that a model looked at."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.judging import figures, highlight
from kassandra.judging.bins import equal_mass
from kassandra.judging.intervals import wilson
from kassandra.vocabulary import tokens
from kassandra.vocabulary.tokens import display

LENGTHS = 8  # bins
SHOWN = 6  # texts whose weights are drawn
READABLE = 150  # tokens of a text that is shown, at most


def pictures(
    test: Path, meta: dict[str, Any], targets: NDArray[np.int64], log_probabilities: NDArray[np.float64],
    attention: list[NDArray[np.float32]] | None, plots: Path, pages: Path,
) -> None:  # fmt: skip
    """Of the texts of a test split, whose targets and predictions are classes of `meta`; see targets/label."""
    arrays = map_arrays(test)
    texts, lengths = Ragged(arrays["text"], arrays["text_offsets"]), np.diff(arrays["offsets"])
    right = log_probabilities.argmax(1) == targets
    accuracy_by_length(lengths, right, plots / "accuracy_by_length.png")
    if attention is None:
        return
    shown = _some_of_each(targets, right, lengths)
    passages = [
        _passage(meta, text, attention[row], targets[row], log_probabilities[row])
        for row, text in zip(shown, texts.take(shown).texts(), strict=True)
    ]
    explanation = "The stronger the colour, the larger the token's share in the summary that the answer is read from."
    highlight.html(passages, "What the model attends to", explanation, pages / "attention.html", "share")
    title = "Attention: the stronger, the larger the share in the summary"
    highlight.png(passages, title, plots / "attention.png", "share")


def in_words(test: Path, rows: NDArray[np.intp]) -> list[str]:
    """What some rows of a split say, for a table of mistakes."""
    arrays = map_arrays(test)
    return [display(text) for text in Ragged(arrays["text"], arrays["text_offsets"]).take(rows).texts()]


def accuracy_by_length(lengths: NDArray[np.int64], right: NDArray[np.bool_], path: Path, unit: str = "tokens") -> None:
    """Accuracy with its 95% interval (Wilson) in eight bins of about equally many texts, from the shortest on.

    lengths: (texts,) ≥ 0, in `unit`, of at least one text. right: (texts,), whether the model's answer is the true one.
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


def _some_of_each(targets: NDArray[np.int64], right: NDArray[np.bool_], lengths: NDArray[np.int64]) -> NDArray[np.intp]:
    """Short texts: the first that are right of each class in turn, and the first that are wrong."""
    short = np.flatnonzero(lengths <= max(READABLE, np.quantile(lengths, 0.2)))
    by_class = [short[right[short] & (targets[short] == label)] for label in np.unique(targets)]
    taken = [rows[place] for place in range(SHOWN) for rows in by_class if place < len(rows)][: SHOWN - 2]
    return np.array([*taken, *short[~right[short]][: SHOWN - len(taken)]], np.intp)


def _passage(
    meta: dict[str, Any], text: str, weights: NDArray[np.float32], target: int, log_probabilities: NDArray[np.float64]
) -> highlight.Passage:
    classes = meta["classes"]
    pieces, token_of = tokens.pieces(tokens.load(meta["tokenizer"]), text, int(meta["max_length"]), str(meta["keep"]))
    predicted, sure = classes[log_probabilities.argmax()], np.exp(log_probabilities.max())
    shares = np.array([0.0 if token is None else float(weights[token]) for token in token_of])
    heading = f"{classes[target]}, the model predicts {predicted} ({sure:.2f})"
    return highlight.Passage(heading, [display(piece) for piece in pieces], shares)
