"""Word and character error rates of transcripts, as jiwer counts them.

Both are functions of sums over recordings: edits (substitutions, deletions, insertions), and words, or signs, of the
references. What each recording adds stands in the table of predictions, so that two models are compared without them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.judging.resampling import Rows
from kassandra.judging.score import Numbers, Score, ratio
from kassandra.targets.transcript.train.edits import counted

KEYS = ["example"]
RESAMPLING = Rows()


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) what was said."""
    return table["reference"].to_numpy()


def percent(sums: Numbers) -> Numbers:
    """(…,) edits per 100 words, or signs, of (…, 2) both. It may be above 100.

    >>> float(percent(np.array([3.0, 12.0])))
    25.0
    """
    return 100 * ratio(sums)


def _kept(column: str) -> Callable[[pd.DataFrame], Numbers | None]:
    """The sums of a score stand in a column of lists of its name."""
    return lambda table: np.array(table[column].tolist(), np.float64) if column in table else None


SCORES = [
    Score(name, "lower", f"per 100 {unit}", 2, _kept(name), percent, depends_on=("prepare.lowercase", "prepare.marks"))
    for name, unit in (("wer", "words"), ("cer", "signs"), ("wer_greedy", "words"), ("cer_greedy", "signs"))
]  # fmt: skip


def predictions(
    examples: Sequence[str], groups: Sequence[str], references: Sequence[str], hypotheses: Sequence[str],
    greedy: Sequence[str], log_probabilities: Sequence[float],
) -> pd.DataFrame:  # fmt: skip
    """A row per recording."""
    table = pd.DataFrame({"example": examples, "group": groups, "reference": references, "hypothesis": hypotheses})
    table = table.assign(greedy=greedy, log_probability=log_probabilities)
    for suffix, texts in (("", hypotheses), ("_greedy", greedy)):
        edits = [counted(*both) for both in zip(texts, references, strict=True)]
        table[f"wer{suffix}"], table[f"cer{suffix}"] = ([each[row].tolist() for each in edits] for row in (0, 1))
    return table
