"""Pictures of transcripts: error rates by speaker."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kassandra.judging import figures
from kassandra.judging.figures import drawable
from kassandra.judging.score import resample
from kassandra.targets.transcript.evaluate.scores import RESAMPLING, SCORES

MOST = 40  # speakers that are drawn, those with the most errors


def by_group(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """group, recordings, words, cer, wer and its interval, the largest wer last; of those with a name."""
    rows = []
    for name in sorted(set(table["group"]) - {""}):
        own = table[table["group"] == name]
        wer, cer = resample([(SCORES[0], own), (SCORES[1], own)], RESAMPLING.units(own), seed)
        assert wer
        assert cer
        columns = {"group": name, "recordings": len(own), "words": int(wer.observed[1]), "cer": cer.estimate.value}
        columns |= {"wer_low": wer.estimate.low, "wer_high": wer.estimate.high, "wer": wer.estimate.value}
        rows.append(columns)
    return pd.DataFrame(rows).sort_values("wer", kind="stable", ignore_index=True) if rows else pd.DataFrame()


def draw_groups(groups: pd.DataFrame, whole: float, path: Path) -> None:
    """Word error rate of each speaker with its interval, the largest at the top; a dotted line at that of all."""
    shown = groups.tail(MOST)
    figure = Figure(figsize=(5, 1 + 0.27 * len(shown)))
    axis, rows = figure.subplots(), np.arange(len(shown))
    axis.hlines(rows, shown["wer_low"], shown["wer_high"], color=figures.BLUE, linewidth=2, alpha=0.4)
    axis.plot(shown["wer"], rows, "o", color=figures.BLUE)
    axis.axvline(whole, linestyle=":", color=figures.GREY)
    both = zip(shown["group"], shown["words"], strict=True)
    axis.set_yticks(rows, [f"{drawable(name)}  ({count:,} words)" for name, count in both], parse_math=False)
    title = (
        "Speaker" if len(shown) == len(groups) else f"The {len(shown)} speakers of {len(groups)} with the most errors"
    )
    axis.set(xlabel="word errors per 100 words of test, with their 95% interval", title=title, xlim=(0, None))
    axis.grid(axis="x", linewidth=0.4)
    figures.save(figure, path)
