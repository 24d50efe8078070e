"""Pictures of classes: which are taken for which, and how well each is predicted. One PNG each, the same bytes for the
same numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kassandra.judging import figures

DARKEST = 0.1  # share of a class that is mistaken; less is drawn paler, so that a single mistake looks like one


def confusion(matrix: NDArray[np.int64], classes: list[str], path: Path, unit: str = "test examples") -> None:
    """Rows are what an example is, columns what the model predicts; colour shows the share of the row's mistakes."""
    mistakes = matrix - np.diag(np.diag(matrix))
    shares = mistakes / np.maximum(matrix.sum(1, keepdims=True), 1)  # (classes, classes)
    side = 2 + 0.42 * min(len(classes), 30)
    darkest = max(float(shares.max()), DARKEST)
    figure = Figure(figsize=(side, side))
    axis = figure.subplots()
    axis.imshow(shares, cmap="Oranges", vmin=0, vmax=darkest)
    if len(classes) <= 30:  # beyond that, numbers cannot be read
        for (row, column), count in np.ndenumerate(matrix):
            right, light = row == column, shares[row, column] < 0.6 * darkest
            colour = figures.BLUE if right else (figures.INK if light else "white")
            axis.text(column, row, str(count or ""), ha="center", va="center", color=colour, fontsize=8)
        names = [figures.name(each) for each in classes]
        axis.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 3 else 0)
        axis.set_yticks(range(len(names)), names)
    wrong = int(mistakes.sum())
    axis.set(xlabel="what the model predicts", ylabel="what it is")
    axis.set_title(f"{wrong:,} of {int(matrix.sum()):,} {unit} are wrong (blue: right)")
    axis.spines[["left", "bottom"]].set_visible(False)
    figures.save(figure, path)


def cells(matrix: NDArray[np.int64], classes: list[str]) -> pd.DataFrame:
    """actual, predicted, examples: the cells of a confusion matrix that are not empty, for DVC to draw.

    DVC writes names as they are into a script of its page, which a `<` could end.
    """
    actual, predicted = np.nonzero(matrix)
    names = np.array([figures.name(each).replace("<", "‹") for each in classes], object)
    columns = {"actual": names[actual], "predicted": names[predicted], "examples": matrix[actual, predicted]}
    return pd.DataFrame(columns)


def per_class(table: pd.DataFrame, path: Path, title: str = "Class (test examples)") -> None:
    """F1 of each class with its interval, the weakest on top."""
    table = table.sort_values("f1", ascending=False, kind="stable")
    figure = Figure(figsize=(5, 1 + 0.27 * len(table)))
    axis = figure.subplots()
    rows = np.arange(len(table))
    axis.hlines(rows, table["f1_low"], table["f1_high"], color=figures.BLUE, linewidth=2, alpha=0.4)
    axis.plot(table["f1"], rows, "o", color=figures.BLUE)
    names = [figures.name(name) for name in table["class"]]
    axis.set_yticks(rows, [f"{name}  ({count:,})" for name, count in zip(names, table["examples"], strict=True)])
    axis.set(xlabel="F1 on test, with its 95% interval", title=title)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.grid(axis="x", linewidth=0.4)
    figures.save(figure, path)
