"""Translations to read, beside references and those of baselines: some drawn at random, the worst and the best."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.chrf import CHRF

from kassandra.judging import highlight
from kassandra.targets.text.evaluate.scores import References, Texts
from kassandra.vocabulary.languages import code

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


def write(
    sources: Texts, references: References, systems: dict[str, Texts], chrf: NDArray[np.float64], meta: dict[str, Any],
    seed: int, path: Path,
) -> None:  # fmt: skip
    """`systems` are the translations of each, the model's first; `chrf` (sentences,) is of the model's; of `meta`, what
    prepare wrote, `languages` are used."""
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
            _sentence(sources[row], references[row], {name: texts[row] for name, texts in systems.items()}, meta)
            for row in rows
        ]
        sections.append(f"<h2>{heading}</h2>\n" + "\n".join(sentences))
    explanation = (
        f"<p>The number is chrF of the sentence, from 0 to 100 (mean of the LSTM on all {count:,} test sentences: "
        f"{chrf.mean():.1f}). Words that no reference has are <mark>marked</mark>.</p>"
    )
    highlight.write_page("Translations of test sentences", STYLE, "\n".join([explanation, *sections]), path)


def _sentence(source: str, references: Texts, translations: dict[str, str], meta: dict[str, Any]) -> str:
    """One section: a line for the source, one for each reference, and one for each system."""
    metric, known = CHRF(), {word.casefold() for text in references for word in re.findall(r"\w+", text)}
    lines = [_line("source", "", highlight.escaped(source), meta["languages"]["source"], "source")]
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
