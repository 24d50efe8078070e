"""Evaluation of translations on the test split: BLEU and chrF, by length of the source, and what a model looked at."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging import figures
from kassandra.judging.score_file import Report
from kassandra.targets.text.evaluate import page as translation_page
from kassandra.targets.text.evaluate.figures import Aligned, alignments, bleu_by_length, one_of_each_quarter
from kassandra.targets.text.evaluate.predict import Translation, Translator
from kassandra.targets.text.evaluate.scores import ORDER, Texts, score
from kassandra.vocabulary.languages import UNSPACED, code

BEAM = 5  # of the headline, whatever the library's default
READABLE = 40  # pieces on either side of a sentence whose alignment is drawn, at most
STRONGEST = 2  # baselines that stand beside the model in the picture and on the page


def evaluate(
    translator: Translator, test: Path, baselines: pd.DataFrame, history: pd.DataFrame, plots: Path, pages: Path,
    seed: int,
) -> tuple[Report, pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, pages to read into `pages`; returns the scores, and one row per sentence.

    A row has what BLEU is made of, so that two models can be compared without the references.
    """
    meta, split = translator.meta, translator.task.read(test)
    sources, references = split.sources, split.references
    beam, greedy = translator.outputs(split, beam=BEAM), translator.outputs(split, beam=1)
    said, said_greedily = [one.text for one in beam], [one.text for one in greedy]
    others: dict[str, Texts] = {str(name): column.tolist() for name, column in baselines.items()}
    scored = score(said, said_greedily, references, others, meta, seed)
    strongest = sorted(others, key=lambda name: -scored.report.baselines[name].value)[:STRONGEST]

    figures.learning_curves(history, plots / "learning_curves.png")
    lengths, unit = source_lengths(sources, meta["languages"]["source"])
    systems = {"LSTM": scored.counts} | {name: scored.baselines[name] for name in strongest}
    bleu_by_length(lengths, systems, unit, seed, plots / "bleu_by_length.png")
    _alignments(beam, lengths, unit, plots / "alignments.png")
    texts = {"LSTM": said} | {name: others[name] for name in strongest}
    translation_page.write(sources, references, texts, scored.chrf, meta, seed, pages / "translations.html")
    counts = scored.counts
    columns = {
        "source": sources,
        "hypothesis": said,
        "greedy": said_greedily,
        "log_probability": [one.log_probability for one in beam],
        "correct": counts[:, :ORDER].tolist(),
        "total": counts[:, ORDER : 2 * ORDER].tolist(),
        "hypothesis_length": counts[:, -2],
        "reference_length": counts[:, -1],
    }
    return scored.report, pd.DataFrame(columns)


def source_lengths(sources: Texts, language: str | None) -> tuple[NDArray[np.int64], str]:
    """(sentences,) and the unit: words, or characters where a language puts no spaces between words."""
    if code(language) in UNSPACED:
        return np.array([len("".join(text.split())) for text in sources], np.int64), "characters"
    return np.array([len(text.split()) for text in sources], np.int64), "words"


def _alignments(beam: list[Translation], lengths: NDArray[np.int64], unit: str, path: Path) -> None:
    """Of four sentences chosen by length alone, however well they are translated; none where there is no attention."""
    there = [
        row
        for row, one in enumerate(beam)
        if one.alignment is not None and max(len(one.source_pieces), len(one.pieces)) <= READABLE and one.pieces
    ]
    shown = [there[place] for place in one_of_each_quarter(lengths[there])]
    if shown:
        title = "Attention: the share of each source piece (across) in the choice of each piece that is written (down)"
        rule = f"of test sentences of up to {READABLE} pieces, sorted by length, the one in the middle of each quarter"
        maps = [
            Aligned(f"{lengths[row]:,} {unit}", beam[row].source_pieces, beam[row].pieces, beam[row].alignment)
            for row in shown
        ]
        alignments(maps, f"{title};\n{rule}", path)
