"""Evaluation on the test split of translations and captions: BLEU and chrF, and what a model looked at."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import BOUNDS
from kassandra.contracts.tables import Columns
from kassandra.judging import figures
from kassandra.judging.judge import Report
from kassandra.targets.text.evaluate.figures import Aligned, alignments, bleu_by_length, one_of_each_quarter, write_page
from kassandra.targets.text.evaluate.predict import Translation
from kassandra.targets.text.evaluate.scores import SCORES, Hypotheses, Texts, corpus_chrf, score
from kassandra.targets.text.train.target import are_captions
from kassandra.vocabulary.languages import UNSPACED, code

BEAM = 5  # of the headline, whatever the library's default
READABLE = 40  # pieces on either side of a sentence whose alignment is drawn, at most
DRAWN = 4  # images
STRONGEST = 2  # baselines that stand beside the model in the picture and on the page


def evaluate(
    translator: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, pages to read into `pages`, of what all members write together; returns the scores,
    and one row per sentence: of each member, and together.

    `outputs` of a split, of the translator, is a Translation of each sentence; `baselines` are the translations of
    each. `show`, of an input that is no text, draws; sources that are texts are shown as they are.
    """
    meta, split, arrays = translator.meta, translator.pair.read(test), map_arrays(test)
    references = split.targets.references
    examples = example_ids(arrays, len(references))
    sources = examples
    if not are_captions(meta):
        sources = Ragged(arrays["source_text"], arrays["source_text_offsets"]).texts()
    writers = [*translator.members, translator] if len(translator.models) > 1 else [translator]
    beams = [writer.outputs(split, beam=BEAM) for writer in writers]
    greedy = [writer.outputs(split, beam=1) for writer in writers]
    beam, written = beams[-1], [one.text for one in beams[-1]]
    each = [Hypotheses(*([one.text for one in texts] for texts in both)) for both in zip(beams, greedy, strict=True)]
    others: dict[str, Texts] = {str(name): column.tolist() for name, column in baselines.items()}
    scored = score(examples, sources, each, references, others, meta, seed)
    *members, table = [
        one.assign(log_probability=[translation.log_probability for translation in texts])
        for one, texts in zip(scored.tables, beams, strict=True)
    ]
    strongest = sorted(others, key=lambda name: -scored.report.baselines[name].value)[:STRONGEST]

    figures.learning_curves(history, SCORES, plots / "learning_curves.png")
    texts = {"LSTM": written} | {name: others[name] for name in strongest}
    chrf = corpus_chrf(np.array(table["chrf"].tolist()))
    if are_captions(meta):
        if show:
            draw(show, test, meta, beam, plots / "attention.png")
        shown = show.as_html(test) if show else None
        write_page(sources, references, texts, chrf, meta, seed, pages / "captions.html", shown)
        return scored.report, members or [table], table
    lengths, unit = source_lengths(sources, meta["languages"]["source"])
    systems = {"LSTM": np.array(table["bleu"].tolist())} | {name: scored.baselines[name] for name in strongest}
    bleu_by_length(lengths, systems, unit, seed, plots / "bleu_by_length.png")
    _alignments(beam, lengths, unit, plots / "alignments.png")
    write_page(sources, references, texts, chrf, meta, seed, pages / "translations.html")
    return scored.report, members or [table], table


def draw(show: ModuleType, test: Path, meta: dict[str, Any], beam: list[Translation], path: Path) -> None:
    """Where the model looked for each word, of the first DRAWN images of test; none where there is no attention."""
    looked = [(row, one) for row, one in enumerate(beam) if one.alignment is not None and one.pieces][:DRAWN]
    if looked:
        rows = np.array([row for row, _ in looked], np.intp)
        show.attention(test, meta, rows, [words_of(one) for _, one in looked], path)


def words_of(one: Translation) -> list[tuple[str, NDArray[np.float32]]]:
    """Each word of a text, with the mean of what its pieces looked at; without the end."""
    words: list[tuple[str, list[NDArray[np.float32]]]] = []
    assert one.alignment is not None
    for piece, weights in zip(one.pieces, one.alignment, strict=True):
        if piece == BOUNDS[1]:
            continue
        if piece.startswith("▁") or not words:
            words.append((piece.removeprefix("▁"), [weights]))
        else:
            words[-1] = (words[-1][0] + piece, [*words[-1][1], weights])
    return [(word, np.mean(some, axis=0)) for word, some in words if word]


def source_lengths(sources: Texts, language: str | None) -> tuple[NDArray[np.int64], str]:
    """(sentences,) and the unit: words, or characters where a language puts no spaces between words."""
    if code(language) in UNSPACED:
        return np.array([len("".join(text.split())) for text in sources], np.int64), "characters"
    return np.array([len(text.split()) for text in sources], np.int64), "words"


def _alignments(beam: list[Translation], lengths: NDArray[np.int64], unit: str, path: Path) -> None:
    """Of four sentences chosen by length alone, however well they are translated; none where there is no attention."""
    looked = [row for row, one in enumerate(beam) if one.alignment is not None and one.pieces]
    readable = [row for row in looked if max(len(beam[row].source_pieces), len(beam[row].pieces)) <= READABLE]
    shown = [readable[place] for place in one_of_each_quarter(lengths[readable])]
    if shown:
        title = "Attention: the share of each source piece (across) in the choice of each piece that is written (down)"
        rule = f"of test sentences of up to {READABLE} pieces, sorted by length, the one in the middle of each quarter"
        maps = [
            Aligned(f"{lengths[row]:,} {unit}", beam[row].source_pieces, beam[row].pieces, beam[row].alignment)
            for row in shown
        ]
        alignments(maps, f"{title};\n{rule}", path)
