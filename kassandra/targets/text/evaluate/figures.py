"""Pictures of translations, what a model looked at for each piece that it wrote, and BLEU by length of the source; and
a page of them to read, beside references and those of baselines: some drawn at random, the worst and the best."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sacrebleu.metrics.chrf import CHRF

from kassandra.judging import figures, highlight
from kassandra.judging.bins import equal_mass
from kassandra.judging.intervals import percentiles
from kassandra.targets.text.evaluate.scores import RESAMPLING, Counts, References, Texts, corpus_bleu
from kassandra.vocabulary.languages import code

CELL = 0.17  # inches: side of a square of a heat map
BANDS = 6  # of length
COLOURS = (figures.BLUE, figures.ORANGE, figures.GREY)
STYLE = """\
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
table { width: 100%; border-collapse: collapse; border-top: 1px solid var(--line); margin: 0 0 .8rem }
th, td { vertical-align: baseline; padding: .15rem .6rem .15rem 0; text-align: start }
th { width: 11rem; font-weight: normal; color: var(--faint); font-size: .875rem }
td:nth-child(2) { width: 2.2rem; color: var(--faint); font-size: .875rem; text-align: end }
td:nth-child(3) { unicode-bidi: isolate; overflow-wrap: anywhere }
.source td:nth-child(3) { font-style: italic }
.model th, .model td:nth-child(2) { color: var(--model); font-weight: bold }
mark { background: rgb(var(--mark) / .4); color: inherit; border-radius: .15em }
@media (max-width: 40rem) { tr { display: block } th, td { display: inline; width: auto }
  td:nth-child(3) { display: block } }"""
DRAWN, EXTREME = 20, 10  # sentences drawn at random, and of the worst and of the best each


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
        style = {"fontsize": 8}
        axis.set_xticks(range(len(one.source)), [figures.drawable(piece) for piece in one.source], rotation=90, **style)
        axis.set_yticks(range(len(one.target)), [figures.drawable(piece) for piece in one.target], **style)
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


def write_page(
    sources: Texts, references: References, systems: dict[str, Texts], chrf: NDArray[np.float64], meta: dict[str, Any],
    seed: int, path: Path, pictures: Callable[[int], str] | None = None,
) -> None:  # fmt: skip
    """`systems` are the translations of each, the model's first; `chrf` (sentences,) is of the model's; of `meta`, what
    prepare wrote, `languages` are used. Of captions, `pictures` gives HTML of the image of a row."""
    count = len(sources)
    drawn = np.sort(np.random.default_rng(seed).choice(count, min(DRAWN, count), replace=False))
    rising = np.argsort(chrf, kind="stable")
    chosen = {
        f"{len(drawn)} drawn at random": drawn,
        "The worst by chrF": rising[:EXTREME],
        "The best by chrF": rising[::-1][:EXTREME],
    }
    sections = []
    for heading, rows in chosen.items():
        sentences = [
            _sentence(
                pictures(int(row)) if pictures else highlight.escaped(sources[row]),
                references[row],
                {name: texts[row] for name, texts in systems.items()},
                meta,
            )
            for row in rows
        ]
        sections.append(f"<h2>{heading}</h2>\n" + "\n".join(sentences))
    explanation = (
        f"<p>The number is chrF of the {'caption' if pictures else 'sentence'}, from 0 to 100 (mean of the LSTM on all "
        f"{count:,} test {'images' if pictures else 'sentences'}: "
        f"{chrf.mean():.1f}). Words that no reference has are <mark>marked</mark>.</p>"
    )
    title = "Captions of test images" if pictures else "Translations of test sentences"
    highlight.write_page(title, STYLE, "\n".join([explanation, *sections]), path)


def _sentence(source: str, references: Texts, translations: dict[str, str], meta: dict[str, Any]) -> str:
    """One section: a line for the source, which is HTML already, one for each reference, and one for each system."""
    metric, known = CHRF(), {word.casefold() for text in references for word in re.findall(r"\w+", text)}
    lines = [_line("source", "", source, meta["languages"]["source"], "source")]
    for number, text in enumerate(references, 1):
        name = "reference" if len(references) == 1 else f"reference {number}"
        lines.append(_line(name, "", highlight.escaped(text), meta["languages"]["target"], "reference"))
    for place, (name, text) in enumerate(translations.items()):
        shown, chrf = _marked(text, known), metric.sentence_score(text, references).score
        kind = "baseline" if place else "model"
        lines.append(_line(highlight.escaped(name), f"{chrf:.0f}", shown, meta["languages"]["target"], kind))
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _line(name: str, chrf: str, shown: str, language: str | None, kind: str) -> str:
    """`name` and `shown` are HTML already."""
    spoken = highlight.escaped(code(language))
    return f'<tr class="{kind}"><th>{name}</th><td>{chrf}</td><td lang="{spoken}" dir="auto">{shown}</td></tr>'


def _marked(text: str, known: set[str]) -> str:
    """HTML in which words that are not known are marked."""
    if not text.strip():
        return "<i>nothing</i>"
    parts = re.split(r"(\w+)", text)  # a word stands at every second place
    return "".join(
        f"<mark>{highlight.escaped(part)}</mark>" if place % 2 and part.casefold() not in known
        else highlight.escaped(part)
        for place, part in enumerate(parts)
    )  # fmt: skip
