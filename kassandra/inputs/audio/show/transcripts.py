"""Pictures of transcribed recordings: their bands over time, and the steps at which a model writes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.inputs.audio.show.examples import TICKS
from kassandra.inputs.audio.train.mel import MelScale, hertz
from kassandra.judging import figures
from kassandra.judging.figures import drawable

CROWDED = 60  # tokens, of more of which only the curve is drawn


def written_steps(
    test: Path, meta: dict[str, Any], rows: NDArray[np.intp], titles: Sequence[str],
    curves: Sequence[NDArray[np.float64]], pieces: Sequence[Sequence[tuple[str, float, float]]], path: Path,
) -> None:  # fmt: skip
    """Of some recordings of a split, one below the other.

    Args:
        curves: (steps,) of each, the probability that a step writes something.
        pieces: what is written, and from which second to which.
    """
    arrays, scale = map_arrays(test), MelScale.of(meta)
    waveforms = Ragged(arrays["waveforms"], arrays["offsets"]).take(rows)
    step = int(meta["stack"]) * scale.hop_length / scale.sample_rate  # seconds
    figure = Figure(figsize=(10, 2.3 * len(rows) + 0.5), layout="constrained")
    figure.suptitle("Steps at which a token is written (orange), over the bands of the recording")
    middles = hertz(scale.edges[1:-1])
    ticks = TICKS[(middles[0] < TICKS) & (middles[-1] > TICKS)]
    for place, (title, curve, written) in enumerate(zip(titles, curves, pieces, strict=True)):
        axis = figure.add_subplot(len(rows), 1, place + 1)
        energies = scale.log_energies(waveforms.flat[waveforms.offsets[place] : waveforms.offsets[place + 1]])
        bands, seconds = scale.bands, len(energies) * scale.hop_length / scale.sample_rate
        axis.imshow(energies.T, origin="lower", aspect="auto", cmap="gray_r", extent=(0, seconds, -0.5, bands - 0.5))
        times = (np.arange(len(curve)) + 0.5) * step
        axis.fill_between(times, bands, bands + 0.35 * bands * curve, color=figures.ORANGE, step="mid", linewidth=0)
        for piece, begin, end in written if len(written) <= CROWDED else ():
            at = (begin + end) / 2
            axis.text(at, 1.4 * bands, drawable(piece), ha="center", fontsize=8, color=figures.INK, parse_math=False)
        axis.set(ylim=(-0.5, 1.6 * bands), xlim=(0, seconds))
        axis.set_yticks(np.interp(ticks, middles, np.arange(bands)), [f"{hz / 1000:g}" for hz in ticks])
        axis.xaxis.set_major_locator(MaxNLocator(12))
        axis.tick_params(labelsize=7)
        axis.set_title(drawable(title), fontsize=8, parse_math=False, loc="left")
    figure.supxlabel("seconds", fontsize=8)
    figure.supylabel("kHz", fontsize=8)
    figures.save(figure, path)
