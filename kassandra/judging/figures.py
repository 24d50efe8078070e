"""Pictures that targets share; each function writes one PNG, the same bytes for the same numbers.

Names and texts are drawn as they stand: `$a_$` is no formula, whatever a picture writes; see `save`.
"""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category, normalize

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import (
    AutoLocator,
    FixedFormatter,
    FuncFormatter,
    LogFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from kassandra.contracts.artifacts import damaged, whole
from kassandra.contracts.tables import read_table
from kassandra.judging.score import Score

INK, BLUE, ORANGE, GREY = "#222222", "#1f5fa8", "#d1661b", "#8a8a8a"
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")  # they come with matplotlib: the same on each machine
LONGEST = 32  # characters of a name
WIDEST, TALLEST = 160, 40  # characters of a line, and lines, of any text
matplotlib.rcParams.update(
    {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "text.color": INK,
     "text.parse_math": False}
)  # fmt: skip


def save(figure: Figure, path: Path) -> None:
    """Whatever a text holds, a picture is written: no text is read as a formula, each is drawable and not too long."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, LogFormatter):  # 10² is a formula, and the only one
                for label in axis.get_ticklabels(which="both"):
                    label.set_parse_math(True)
            elif isinstance(formatter, FuncFormatter | FixedFormatter):
                axis.set_major_formatter(
                    FuncFormatter(lambda value, place, own=formatter: _lines_of(own(value, place)))
                )
    for text in figure.findobj(Text):
        if isinstance(text, Text) and not text.get_parse_math():
            text.set_text(_lines_of(text.get_text()))
    with whole(path) as partial, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where a text of theirs leaves no room for the axes
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


def learning_curves(history: pd.DataFrame, scores: Sequence[Score], path: Path, loss: str = "Loss (nats)") -> None:
    """`history` is history.csv: loss on train and validation, and the other of the target's `scores` on validation; a
    line per member."""
    decimals = {f"valid_{score.name}": score.decimals for score in scores}
    members = [rows for _, rows in history.groupby("member" if "member" in history else np.zeros(len(history)))]
    best = [rows.iloc[int(rows["valid_loss"].argmin())] for rows in members]
    others = [name for name in map(str, history) if name.startswith("valid_") and name != "valid_loss"]
    figure = Figure(figsize=(4.2 * (1 + len(others)), 3))
    axes = np.atleast_1d(figure.subplots(1, 1 + len(others)))
    for column, colour, name in (("train_loss", GREY, "train"), ("valid_loss", BLUE, "validation")):
        _lines(axes[0], members, column, colour, name)
    losses = history[["train_loss", "valid_loss"]].to_numpy(np.float64)
    axes[0].set(title=loss)
    if (losses > 0).all():  # likelihoods may be above 1
        logarithmic(axes[0], float(losses.min()), float(losses.max()))
    axes[0].legend(frameon=False)
    for axis, name in zip(axes[1:], others, strict=True):
        _lines(axis, members, name, BLUE)
        value = f"{np.mean([row[name] for row in best]):.{decimals.get(name, 4)}f}"
        axis.set(title=f"{name.removeprefix('valid_')} on validation: {value} at the best loss")
    for axis in axes:
        axis.set_xlabel("epoch" if len(members) == 1 else f"epoch (a line for each of {len(members)} members)")
        for row in best:
            axis.axvline(row["epoch"], color=GREY, linewidth=0.8, linestyle=":")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    save(figure, path)


def logarithmic(axis: Any, smallest: float, largest: float) -> None:
    """A logarithmic y-axis whose ticks read 0.2 and 5, not 2 × 10⁻¹; enough of them also within one power of ten."""
    axis.set_yscale("log")
    decades = float(np.log10(largest / smallest))
    powers = LogLocator(subs=(1, 2, 5) if decades < 3 else (1,), numticks=12)
    axis.yaxis.set_major_locator(AutoLocator() if decades < 1 else powers)
    axis.yaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1000 else f"{value:g}"))


def _lines(axis: Any, members: Sequence[pd.DataFrame], column: str, colour: str, label: str | None = None) -> None:
    several = len(members) > 1
    thin, full = {"linewidth": 1, "alpha": 0.7, "markersize": 3}, {"linewidth": 1.5}
    style = {"color": colour} | (thin if several else full)
    for number, rows in enumerate(members):
        axis.plot(rows["epoch"], rows[column], "o-", label=None if number else label, **style)


def name(text: str) -> str:
    """A name as pictures have it: drawable, and cut where it is long.

    >>> name("x" * 12_000)
    'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'
    """
    return _cut(drawable(text), LONGEST)


def _lines_of(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(_cut(drawable(line), WIDEST) for line in lines[:TALLEST])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def drawable(text: str) -> str:
    """What a picture can show of a text: □ for what the fonts lack, a space for anything blank or for control, and no
    marks that combine with the sign before, unless both make a sign of their own.

    >>> drawable("cafe\\u0301\\t猫\\n$1")
    'café □ $1'
    """
    signs = []
    for sign in normalize("NFC", text):
        kind = category(sign)
        if kind in ("Cc", "Zs", "Zl", "Zp"):
            signs.append(" ")
        elif kind not in ("Mn", "Me", "Cf"):
            signs.append(sign if ord(sign) in _glyphs() else "□")
    return "".join(signs)


@cache
def _glyphs() -> frozenset[int]:
    """Characters that both fonts have: that of text here, and that of legends and titles."""
    maps = (FT2Font(str(FONTS / name)).get_charmap() for name in ("DejaVuSansMono.ttf", "DejaVuSans.ttf"))
    return frozenset.intersection(*map(frozenset, maps))
