"""Pictures of classified recordings: accuracy by speaker, and where a model listened."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.tables import write_table
from kassandra.inputs.audio.train.mel import MelScale, hertz
from kassandra.judging import figures
from kassandra.judging.intervals import wilson
from kassandra.judging.shown import some_of_each

TICKS = np.array([200.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0])  # Hz


def pictures(
    test: Path, meta: dict[str, Any], targets: NDArray[np.int64], log_probabilities: NDArray[np.float64],
    attention: list[NDArray[np.float32]] | None, plots: Path, pages: Path,
) -> None:  # fmt: skip
    """Of the recordings of a test split, whose targets and predictions are classes of `meta`; see targets/label."""
    arrays, classes = map_arrays(test), meta["classes"]
    right, confidence = log_probabilities.argmax(1) == targets, np.exp(log_probabilities.max(1))
    speakers = by_speaker(np.array(arrays["speakers"]), right, meta["speakers"])
    if len(speakers):
        write_table(pages / "by_speaker.csv", speakers)
        _speakers(speakers, right, plots / "by_speaker.png")
    if attention is not None:
        shown = some_of_each(targets, right)
        heard = [classes[log_probabilities[row].argmax()] for row in shown]
        pairs = zip(shown, heard, strict=True)
        titles = [
            f"{figures.name(classes[targets[row]])}, heard as {figures.name(label)} ({confidence[row]:.2f})"
            for row, label in pairs
        ]
        waveforms = Ragged(arrays["waveforms"], arrays["offsets"]).take(shown)
        _attention(waveforms, [attention[row] for row in shown], titles, MelScale.of(meta), plots)


def in_words(test: Path, rows: NDArray[np.intp]) -> list[str]:
    """The names of the recordings of some rows of a split, for a table of mistakes."""
    arrays = map_arrays(test)
    return Ragged(arrays["names"], arrays["name_offsets"]).take(rows).texts()


def by_speaker(speakers: NDArray[np.int64], right: NDArray[np.bool_], names: list[str]) -> pd.DataFrame:
    """speaker, recordings, the 95% interval (Wilson) of the accuracy, and it itself; the weakest first.

    `speakers` (recordings,) are numbers of `names`; who is unknown (-1) is left out.
    """
    known = speakers >= 0
    counts = np.bincount(speakers[known], minlength=len(names))  # (speakers,)
    hits = np.bincount(speakers[known], right[known], minlength=len(names)).astype(np.int64)
    heard = np.flatnonzero(counts)
    counts, hits = counts[heard], hits[heard]
    low, high = wilson(hits, counts)
    columns = {"speaker": [names[number] for number in heard], "recordings": counts}
    columns |= {"accuracy_low": low, "accuracy_high": high, "accuracy": hits / counts}
    return pd.DataFrame(columns).sort_values("accuracy", kind="stable", ignore_index=True)


def _speakers(table: pd.DataFrame, right: NDArray[np.bool_], path: Path) -> None:
    """Accuracy of each speaker with its interval, the weakest at the bottom."""
    figure = Figure(figsize=(5, 1 + 0.27 * len(table)))
    axis = figure.subplots()
    rows = np.arange(len(table))
    axis.hlines(rows, table["accuracy_low"], table["accuracy_high"], color=figures.BLUE, linewidth=2, alpha=0.4)
    axis.plot(table["accuracy"], rows, "o", color=figures.BLUE)
    axis.axvline(float(right.mean()), linestyle=":", color=figures.GREY)
    both = zip(table["speaker"], table["recordings"], strict=True)
    axis.set_yticks(rows, [f"{figures.name(name)}  ({count:,})" for name, count in both])
    axis.set(xlabel="accuracy on test, with its 95% interval", title="Speaker (test recordings)")
    axis.grid(axis="x", linewidth=0.4)
    figures.save(figure, path)


def _attention(
    waveforms: Ragged, weights: list[NDArray[np.float32]], titles: list[str], scale: MelScale, plots: Path
) -> None:
    """Each recording's log-mel bands over time, and above them the share of each frame in the summary."""
    columns = 4
    lines = -(-len(titles) // columns)
    figure = Figure(figsize=(10, 1.9 * lines + 0.4), layout="constrained")
    figure.suptitle("Attention: the share of each frame in the summary that the answer is read from")
    middles = hertz(scale.edges[1:-1])
    ticks = TICKS[(middles[0] < TICKS) & (middles[-1] > TICKS)]
    for place, (title, shares) in enumerate(zip(titles, weights, strict=True)):
        axis = figure.add_subplot(lines, columns, place + 1)
        start, end = waveforms.offsets[place : place + 2]
        energies = scale.log_energies(waveforms.flat[start:end])  # (frames, bands)
        bands, seconds = scale.bands, len(energies) * scale.hop_length / scale.sample_rate
        axis.imshow(energies.T, origin="lower", aspect="auto", cmap="gray_r", extent=(0, seconds, -0.5, bands - 0.5))
        times = (np.arange(len(shares)) + 0.5) * scale.hop_length / scale.sample_rate
        height = shares / shares.max() * 0.4 * bands
        axis.fill_between(times, bands, bands + height, color=figures.ORANGE, step="mid", linewidth=0)
        axis.set(ylim=(-0.5, 1.42 * bands), xlim=(0, seconds))
        axis.set_yticks(np.interp(ticks, middles, np.arange(bands)), [f"{hz / 1000:g}" for hz in ticks])
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.tick_params(labelsize=7)
        axis.set_title(title, fontsize=8)
    figure.supxlabel("seconds", fontsize=8)
    figure.supylabel("kHz", fontsize=8)
    figures.save(figure, plots / "attention.png")
