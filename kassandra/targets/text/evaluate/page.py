"""Translations to read, beside references and what baselines say: some drawn at random, the worst and the best."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.chrf import CHRF

from kassandra.contracts.artifacts import whole
from kassandra.judging import highlight
from kassandra.targets.text.evaluate.scores import References, Texts
from kassandra.vocabulary.languages import code

DRAWN, EXTREME = 20, 10  # sentences drawn at random, and of the worst and of the best each


def write(
    sources: Texts, references: References, systems: dict[str, Texts], chrf: NDArray[np.float64], meta: dict[str, Any],
    seed: int, path: Path,
) -> None:  # fmt: skip
    """A page that needs no other file and runs no script.

    Args:
        systems: what each says of every sentence; the model comes first.
        chrf: (sentences,) of what the model says.
        meta: what prepare wrote; of it `languages`.
    """
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
        said = [{name: texts[row] for name, texts in systems.items()} for row in rows]
        sentences = [_sentence(sources[row], references[row], each, meta) for row, each in zip(rows, said, strict=True)]
        sections.append(f"<h2>{heading}</h2>\n" + "\n".join(sentences))
    page = PAGE.format(count=f"{count:,}", mean=f"{chrf.mean():.1f}", sections="\n".join(sections))
    with whole(path) as partial:
        partial.write_text(page, encoding="utf-8", newline="\n")


def _sentence(source: str, references: Texts, said: dict[str, str], meta: dict[str, Any]) -> str:
    """One section: a line for the source, one for each reference, and one for each system."""
    metric, known = CHRF(), {word.casefold() for text in references for word in re.findall(r"\w+", text)}
    lines = [_line("source", "", highlight.escaped(source), meta["languages"]["source"], "source")]
    for number, text in enumerate(references, 1):
        name = "reference" if len(references) == 1 else f"reference {number}"
        lines.append(_line(name, "", highlight.escaped(text), meta["languages"]["target"], "reference"))
    for place, (name, text) in enumerate(said.items()):
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


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Translations of test sentences</title>
<style>
:root {{ color-scheme: light dark;
  --paper: #ffffff; --ink: #222222; --faint: #666666; --line: #dddddd; --model: #1f5fa8; --mark: #fbe3cb }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: #17191c; --ink: #e8e8e8; --faint: #a0a0a0; --line: #3a3d42; --model: #8dbcf0; --mark: #5d3412 }}
}}
body {{ max-width: 62rem; margin: 2rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif }}
h1 {{ font-size: 1.4rem; line-height: 1.3 }}
h2 {{ font-size: 1.1rem; margin: 2rem 0 .5rem }}
table {{ width: 100%; border-collapse: collapse; border-top: 1px solid var(--line); margin: 0 0 .8rem }}
th, td {{ vertical-align: baseline; padding: .15rem .6rem .15rem 0; text-align: start }}
th {{ width: 11rem; font-weight: normal; color: var(--faint); font-size: .875rem }}
td:nth-child(2) {{ width: 2.2rem; color: var(--faint); font-size: .875rem; text-align: end }}
td:nth-child(3) {{ unicode-bidi: isolate; overflow-wrap: anywhere }}
.source td:nth-child(3) {{ font-style: italic }}
.model th, .model td:nth-child(2) {{ color: var(--model); font-weight: bold }}
mark {{ background: var(--mark); color: inherit; border-radius: .15em }}
@media (max-width: 40rem) {{ tr {{ display: block }} th, td {{ display: inline; width: auto }}
  td:nth-child(3) {{ display: block }} }}
</style>
</head>
<body>
<h1>Translations of test sentences</h1>
<p>The number is chrF of the sentence, from 0 to 100 (mean of the LSTM on all {count} test sentences: {mean}). Words
that no reference has are <mark>marked</mark>.</p>
{sections}
</body>
</html>
"""
