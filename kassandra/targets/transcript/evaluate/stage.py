"""Evaluation on the test split of models that transcribe: scores, pictures, and the worst transcripts word by word."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays, whole
from kassandra.contracts.examples import example_ids
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.tables import Columns, write_table
from kassandra.judging import figures
from kassandra.judging.judge import Report, judge
from kassandra.targets.transcript.evaluate import scores
from kassandra.targets.transcript.evaluate.figures import by_group, draw_groups
from kassandra.targets.transcript.evaluate.predict import Transcript
from kassandra.targets.transcript.train.decoding import BLANK, aligned
from kassandra.targets.transcript.train.edits import in_two_lines

WORST, PRINTED = 100, 3  # transcripts with the most errors, in the file, and of these on the screen
DRAWN = 4
UNKNOWN = 0.01  # share of tokens of test
FEW_GROUPS = 5  # speakers of test, with fewer of which an interval says nothing of other speakers


def evaluate(
    predictor: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, tables and texts to read into `pages`, of what all members write together; returns
    the scores, and one row per recording: of each member, and together.

    `show`, of the input, draws with `written_steps`, if it has that; `baselines` are the texts of each.
    """
    meta, split, arrays = predictor.meta, predictor.pair.read(test), map_arrays(test)
    references = split.targets.texts
    examples = example_ids(arrays, len(references))
    groups = Ragged(np.array(arrays["group"]), np.array(arrays["group_offsets"])).texts()
    writers = [*predictor.members, predictor] if len(predictor.models) > 1 else [predictor]
    written = [writer.outputs(split) for writer in writers]
    *members, table = [
        scores.predictions(
            examples, groups, references, [one.text for one in each], [one.greedy for one in each],
            [one.log_probability for one in each],
        )
        for each in written
    ]  # fmt: skip
    others = {
        str(name): scores.predictions(examples, groups, references, texts, texts, [0.0] * len(texts))
        for name, texts in ((name, column.tolist()) for name, column in baselines.items())
    }
    report = judge(scores.SCORES, members or [table], table, others, scores.RESAMPLING, seed, ("cer",))
    report = replace(report, cautions=tuple(cautions(table, meta)), signatures=signatures(meta))

    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png", "Loss (nats per token)")
    of_groups = by_group(table, seed)
    if len(of_groups):
        write_table(pages / "by_speaker.csv", of_groups)
        draw_groups(of_groups, report.together["wer"].value, plots / "by_speaker.png")
    if show and hasattr(show, "written_steps"):
        _draw(show, test, predictor, written[-1], table, plots / "written_steps.png")
    print(_write_worst(table, pages / "worst.txt"))
    return report, members or [table], table


def signatures(meta: dict[str, Any]) -> dict[str, str]:
    """In which form texts are scored; the same for every model of these data."""
    case = "lower case" if meta["lowercase"] else "case as written"
    form = f"NFKC, {case}, {'marks kept' if meta['marks'] else 'no marks'}, edits as of jiwer"
    return {score.name: form for score in scores.SCORES}


def cautions(table: pd.DataFrame, meta: dict[str, Any]) -> list[str]:
    """What the numbers cannot say by themselves."""
    warnings, count = list[str](), len(table)
    if composed := meta.get("composed"):
        warnings.append(
            f"Recordings are composed: {composed['fewest']} to {composed['most']} real clips of one speaker, with "
            "silence between them. Speech that runs on is harder."
        )
    known = set(table["group"]) - {""}
    if known and len(known) < FEW_GROUPS:
        warnings.append(
            f"Test has {len(known)} speaker{'s' * (len(known) > 1)}: the interval is of other recordings of the same "
            "voices, not of other voices."
        )
    if empty := int((table["hypothesis"] == "").sum()):
        warnings.append(f"{empty:,} of {count:,} transcripts are empty.")
    if meta["unknown_tokens"]["test"] > UNKNOWN:
        share = meta["unknown_tokens"]["test"]
        warnings.append(f"{share:.1%} of the tokens of test are not in the vocabulary, and are never written.")
    if repeated := meta["test_texts_in_train"]:
        warnings.append(f"{repeated:,} different texts of test are in train too, in other recordings.")
    return warnings


def worst_rows(table: pd.DataFrame) -> NDArray[np.intp]:
    """Those with errors, the most edits of words first."""
    edits = np.array([each[0] for each in table["wer"]])
    rows = np.argsort(-edits, kind="stable")
    return np.asarray(rows[edits[rows] > 0], np.intp)


def _write_worst(table: pd.DataFrame, path: Path) -> str:
    """The transcripts with the most errors, word by word below the reference; the first few of them."""
    blocks = []
    for row in worst_rows(table)[:WORST]:
        one = table.iloc[row]
        first, second = in_two_lines(one["hypothesis"], one["reference"])
        speaker = f", {one['group']}" if one["group"] else ""
        blocks.append(
            f"{one['example']}{speaker}: {one['wer'][0]} of {one['wer'][1]} words\n"
            f"  reference   {first}\n  transcript  {second}\n"
        )
    with whole(path) as partial:
        partial.write_text("\n".join(blocks) or "No transcript has an error.\n", encoding="utf-8")
    shown = "".join(blocks[:PRINTED])
    return f"The worst transcripts (words in capitals differ):\n{shown}All of them: {path}" if blocks else "No errors"


def _draw(
    show: ModuleType, test: Path, predictor: Any, written: list[Transcript], table: pd.DataFrame, path: Path
) -> None:
    """Of the two worst, and of the first two that are right."""
    worst = worst_rows(table)
    right = np.setdiff1d(np.arange(len(table)), worst)[: DRAWN // 2]
    rows = np.concatenate([worst[: DRAWN - len(right)], right]).astype(np.intp)
    step, length = predictor.pair.sequences.seconds()
    titles, curves, pieces = [], [], []
    for row in rows:
        one, steps = written[row], written[row].steps[0]  # of the first member
        wrong = f", read: {one.text}" if one.text != table["reference"].iloc[row] else ""
        titles.append(f"{table['example'].iloc[row]}: {table['reference'].iloc[row]}{wrong}")
        curves.append(1 - np.exp(steps[:, BLANK]))
        spelled = [predictor.pair.target.spelling.pieces[token] for token in one.tokens]
        spans = aligned(steps, one.tokens)
        pieces.append([(piece, first * step, last * step + length)
                       for piece, (first, last) in zip(spelled, spans, strict=bool(spans))])  # fmt: skip
    show.written_steps(test, predictor.meta, rows, titles, curves, pieces, path)
