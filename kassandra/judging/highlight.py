"""Texts whose pieces are coloured by how much they weigh, say by attention: as a page and as a picture."""

import re
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple
from unicodedata import bidirectional, category

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from kassandra.contracts.artifacts import whole
from kassandra.contracts.printed import TURNS
from kassandra.judging import figures
from kassandra.judging.figures import FONTS, drawable

DRAWN, LINES, COLUMNS = 6, 12, 100  # passages of a picture, lines of a passage, characters of a line
CELL, PITCH = 8 / 110, 17 / 110  # inches: width of a character, height of a line; 8 and 17 pixels as `save` writes
ALPHA = 0.75  # of the colour behind the largest weight: the text on it must stay readable
EM = 1233 / 2048  # of the font: the width of a character
MONOSPACE = FontProperties(fname=FONTS / "DejaVuSansMono.ttf", size=CELL * 72 / EM)


class Passage(NamedTuple):
    """A text in pieces, each with its weight."""

    heading: str  # "positive, predicted positive 0.98"
    pieces: list[str]  # tokens with what stands between them, in order; ''.join(pieces) is the text
    weights: NDArray[np.float64]  # (pieces,) ≥ 0; colours are relative to the largest of the passage

    def levels(self) -> NDArray[np.float64]:
        """(pieces,) in [0, 1]: the weights as shares of the largest; 0 where all are 0.

        Raises:
            ValueError: not a weight for each piece, or one that is negative, infinite or no number.
        """
        if len(self.weights) != len(self.pieces) or not (np.isfinite(self.weights) & (self.weights >= 0)).all():
            raise ValueError(f"{self.heading}: {len(self.pieces)} pieces need as many weights ≥ 0, not {self.weights}")
        return np.asarray(self.weights / (self.weights.max(initial=0) or 1), np.float64)


def html(passages: list[Passage], title: str, explanation: str, path: Path, weight: str = "weight") -> None:
    """A page on which the weight of a piece shows where the pointer rests on it; `weight` is what it is."""
    sections = "\n".join(
        f"<section>\n<h2>{escaped(passage.heading)}</h2>\n"
        f'<p class="text" lang="" dir="auto">{_coloured(passage)}</p>\n</section>'
        for passage in passages
    )
    write_page(
        title, STYLE, f"<p>{escaped(explanation)}</p>\n{SCALE.substitute(weight=escaped(weight))}\n{sections}", path
    )


def _coloured(passage: Passage) -> str:
    spans = []
    for piece, weight, level in zip(passage.pieces, passage.weights, passage.levels(), strict=True):
        core = piece.strip() or piece  # the space around a word is left white
        before, after = piece[: piece.index(core)], piece[piece.index(core) + len(core) :]
        style = f' style="--w:{level:.3f}"' if level >= 0.0005 else ""
        spans.append(f'{escaped(before)}<span title="{weight:.3g}"{style}>{escaped(core)}</span>{escaped(after)}')
    return "".join(spans)


def escaped(text: str) -> str:
    """Line ends become ⏎, at which a line may break; other control characters, which HTML forbids, become spaces.

    What would turn the direction of all that follows (U+202E and its like) is left out.
    """
    kept = (sign for sign in text.replace("\r\n", "⏎").replace("\n", "⏎") if bidirectional(sign) not in TURNS)
    shown = ({"Cc": " ", "Cs": "\ufffd"}.get(category(sign), sign) for sign in kept)
    return escape("".join(shown)).replace("⏎", "⏎<wbr>")


def write_page(title: str, style: str, body: str, path: Path) -> None:
    """A page that needs no other file and runs no script; `title` is text, `style` CSS and `body` HTML."""
    page = PAGE.substitute(title=escaped(title), style=style, body=body)
    with whole(path) as partial:
        partial.write_text(page, encoding="utf-8", newline="\n")


PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #222222; --faint: #666666; --line: #dddddd; --mark: 240 150 60; --model: #1f5fa8 }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17191c; --ink: #e8e8e8; --faint: #a0a0a0; --line: #3a3d42; --mark: 200 90 10; --model: #8dbcf0 }
}
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif }
h1 { font-size: 1.4rem; line-height: 1.3 }
h2 { font-size: 1rem; margin: 0 0 .3rem }
$style
</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")
STYLE = f"""\
section {{ border-top: 1px solid var(--line); padding: 1rem 0 }}
.text {{ margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }}
.text span {{ background: rgb(var(--mark) / calc(var(--w, 0) * {ALPHA})); border-radius: .15em }}
.scale {{ display: flex; align-items: center; gap: .5rem; color: var(--faint); font-size: .875rem; line-height: 1.2 }}
.scale :first-child {{ white-space: nowrap }}
.scale i {{ flex: none; width: 8rem; height: .9rem; border: 1px solid var(--line);
  background: linear-gradient(to right, rgb(var(--mark) / 0), rgb(var(--mark) / {ALPHA})) }}"""
SCALE = Template('<p class="scale"><span>no $weight</span><i></i><span>the largest $weight of the passage</span></p>')


def png(passages: list[Passage], title: str, path: Path, weight: str = "weight") -> None:
    """The first six as a picture, of a long passage the twelve lines that weigh most, with … where lines are left
    out; `weight` is what a weight is.

    One column per character, so marks that combine with others are left out, and □ stands for what the font lacks.
    """
    texts = [_Text(passage) for passage in passages[:DRAWN]]
    height = 3 + sum(2 + len(text.lines) for text in texts)  # in lines
    figure = Figure(figsize=((COLUMNS + 4) * CELL, height * PITCH))
    axis = figure.add_axes((0, 0, 1, 1), xlim=(-2, COLUMNS + 2), ylim=(height, 0))
    axis.set_axis_off()
    _write(axis, 0, 0, _cut(title, COLUMNS))
    none = f"no {weight}"
    _write(axis, 0, 1.2, none, figures.GREY)
    for step in range(21):
        _box(axis, len(none) + 1 + step / 2, 1.2, 0.5, step / 20)
    _write(axis, len(none) + 12.5, 1.2, f"the largest {weight} of the passage", figures.GREY)
    line = 3
    for passage, text in zip(passages, texts, strict=False):
        _write(axis, 0, line, _cut(passage.heading, COLUMNS), figures.BLUE)
        text.draw(axis, line + 1)
        line += 2 + len(text.lines)
    figures.save(figure, path)


class _Text:
    """A passage laid out in columns and lines."""

    def __init__(self, passage: Passage) -> None:
        cells: list[tuple[str, int]] = []
        for number, text in enumerate(passage.pieces):
            for sign in drawable(text):
                if sign != " " or (cells and cells[-1][0] != " "):  # one space for several, none at the start
                    cells.append((sign, number))
        self.signs, self.levels = "".join(sign for sign, _ in cells), passage.levels()
        self.piece = np.array([number for _, number in cells], np.intp)  # (signs,) that a sign belongs to
        lines = _wrapped(self.signs)
        mass = [self.levels[np.unique(self.piece[start:end])].sum() for start, end in lines]
        windows = [sum(mass[first : first + LINES]) for first in range(max(1, len(lines) - LINES + 1))]
        first = int(np.argmax(windows))
        self.lines = lines[first : first + LINES]  # start and end of what each line shows of `signs`
        self.cut = first > 0, first + LINES < len(lines)  # whether lines before and after these are left out

    def draw(self, axis: Axes, top: float) -> None:
        for line, (start, end) in enumerate(self.lines, int(top)):
            for number in np.unique(self.piece[start:end]):
                columns = np.flatnonzero(self.piece[start:end] == number).tolist()
                inked = [column for column in columns if self.signs[start + column] != " "] or columns
                if self.levels[number] > 0:
                    _box(axis, inked[0], line, inked[-1] - inked[0] + 1, self.levels[number])
            for word in re.finditer(r"\S+", self.signs[start:end]):
                _write(axis, word.start(), line, word.group())
        if self.cut[0]:
            _write(axis, -1.5, top, "…")
        if self.cut[1]:
            last = self.signs[slice(*self.lines[-1])].rstrip()
            _write(axis, len(last) + 0.5, top + len(self.lines) - 1, "…")


def _wrapped(signs: str) -> list[tuple[int, int]]:
    """Start and end of each line: at most COLUMNS signs, broken at spaces, and inside of words only if they are longer.

    The space at which a line is broken stands at its end and does not count.
    """
    starts = [0]
    for word in re.finditer(r"\S+", signs):
        while word.end() - starts[-1] > COLUMNS:
            starts.append(word.start() if word.start() > starts[-1] else starts[-1] + COLUMNS)
    return list(zip(starts, [*starts[1:], len(signs)], strict=True))


def _write(axis: Axes, column: float, line: float, text: str, colour: str = figures.INK) -> None:
    axis.text(column, line + 0.72, text, color=colour, fontproperties=MONOSPACE)


def _box(axis: Axes, column: float, line: float, width: float, level: float) -> None:
    colour = (*matplotlib.colors.to_rgb(figures.ORANGE), ALPHA * level)
    axis.add_patch(Rectangle((column, line + 0.02), width, 0.96, facecolor=colour, linewidth=0))


def _cut(text: str, length: int) -> str:
    text = drawable(text)
    return text if len(text) <= length else text[: length - 1] + "…"
