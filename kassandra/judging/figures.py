"""Pictures that any classification task shares; each function writes one PNG, the same bytes for the same numbers."""

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kassandra.contracts.artifacts import damaged, whole
from kassandra.contracts.tables import read_table

INK, BLUE, ORANGE, GREY = "#222222", "#1f5fa8", "#d1661b", "#8a8a8a"
matplotlib.rcParams.update(
    {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "text.color": INK}
)


def save(figure: Figure, path: Path) -> None:
    with whole(path) as partial:
        # Without the version of matplotlib in it, equal pictures have equal bytes.
        figure.savefig(partial, format="png", dpi=110, metadata={"Software": None}, bbox_inches="tight")


def read_history(path: Path) -> pd.DataFrame:
    """history.csv: a row per epoch, of numbers.

    Raises:
        KassandraError: there is no such file, or it is damaged.
    """
    history = read_table(path)
    numbers = history.select_dtypes("number").dropna(axis="columns")
    lacking = [name for name in ("epoch", "train_loss", "valid_loss", *history) if name not in numbers]
    if lacking or history.empty:
        column = str(lacking[0] if lacking else "epoch")
        raise damaged(path, ValueError(f"no number in column {column[:50]!r}"))
    return history


def learning_curves(history: pd.DataFrame, path: Path, loss: str = "Loss (nats)") -> None:
    """`history` is history.csv: loss on train and validation, and the other scores on validation."""
    others = [name for name in map(str, history) if name.startswith("valid_") and name != "valid_loss"]
    figure = Figure(figsize=(4.2 * (1 + len(others)), 3))
    axes = np.atleast_1d(figure.subplots(1, 1 + len(others)))
    axes[0].plot(history["epoch"], history["train_loss"], "o-", color=GREY, label="train")
    axes[0].plot(history["epoch"], history["valid_loss"], "o-", color=BLUE, label="validation")
    losses = history[["train_loss", "valid_loss"]]
    axes[0].set(title=loss, yscale="log" if (losses > 0).all(axis=None) else "linear")  # likelihoods may be above 1
    axes[0].legend(frameon=False)
    best = history.iloc[int(history["valid_loss"].argmin())]
    for axis, name in zip(axes[1:], others, strict=True):
        axis.plot(history["epoch"], history[name], "o-", color=BLUE)
        short = name.removeprefix("valid_")
        title, decimals = ("BLEU", 2) if short == "bleu" else (short.capitalize(), 4)
        axis.set(title=f"{title} on validation: {best[name]:.{decimals}f} at the best loss")
    for axis in axes:
        axis.set_xlabel("epoch")
        axis.axvline(best["epoch"], color=GREY, linewidth=0.8, linestyle=":")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    save(figure, path)


def confusion(matrix: NDArray[np.int64], classes: list[str], path: Path) -> None:
    """Rows are what an example is, columns what the model says; colour shows the share of the row's mistakes."""
    mistakes = matrix - np.diag(np.diag(matrix))
    shares = mistakes / np.maximum(matrix.sum(1, keepdims=True), 1)  # (classes, classes)
    side = 2 + 0.42 * min(len(classes), 30)
    figure = Figure(figsize=(side, side))
    axis = figure.subplots()
    axis.imshow(shares, cmap="Oranges", vmin=0, vmax=max(float(shares.max()), 1e-9))
    if len(classes) <= 30:  # beyond that, numbers cannot be read
        for (row, column), count in np.ndenumerate(matrix):
            right, light = row == column, shares[row, column] < 0.6 * shares.max()
            colour = BLUE if right else (INK if light else "white")
            axis.text(column, row, str(count or ""), ha="center", va="center", color=colour, fontsize=8)
        axis.set_xticks(range(len(classes)), classes, rotation=90 if max(map(len, classes)) > 3 else 0)
        axis.set_yticks(range(len(classes)), classes)
    wrong = int(mistakes.sum())
    axis.set(xlabel="what the model says", ylabel="what it is")
    axis.set_title(f"{wrong:,} of {int(matrix.sum()):,} test examples are wrong (blue: right)")
    axis.spines[["left", "bottom"]].set_visible(False)
    save(figure, path)


def per_class(table: pd.DataFrame, path: Path) -> None:
    """F1 of each class with its interval, the weakest on top."""
    table = table.sort_values("f1", ascending=False, kind="stable")
    figure = Figure(figsize=(5, 1 + 0.27 * len(table)))
    axis = figure.subplots()
    rows = np.arange(len(table))
    axis.hlines(rows, table["f1_low"], table["f1_high"], color=BLUE, linewidth=2, alpha=0.4)
    axis.plot(table["f1"], rows, "o", color=BLUE)
    axis.set_yticks(
        rows, [f"{name}  ({count:,})" for name, count in zip(table["class"], table["examples"], strict=True)]
    )
    axis.set(xlabel="F1 on test, with its 95% interval", title="Class (test examples)")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.grid(axis="x", linewidth=0.4)
    save(figure, path)
