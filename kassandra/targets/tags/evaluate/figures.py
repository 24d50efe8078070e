"""Pictures of tagged sequences; each function writes one PNG, the same bytes for the same numbers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.judging import figures
from kassandra.judging.bins import equal_mass
from kassandra.judging.score import resample
from kassandra.targets.tags.evaluate.scores import RESAMPLING, SCORES

LENGTHS = 6  # bins
MOST = 24  # types of a confusion matrix: more cannot be read


def by_length(table: pd.DataFrame, score_name: str, seed: int, steps: str, path: Path) -> None:
    """The headline with its 95% interval in six bins of about equally many sequences, from the shortest on."""
    score = next(each for each in SCORES if each.name == score_name)
    lengths = table["steps"].to_numpy()
    bin_of = equal_mass(lengths, LENGTHS)
    names, values = list[str](), list[tuple[float, float, float]]()
    for number in range(int(bin_of.max()) + 1):
        part = table[bin_of == number]
        (scored,) = resample([(score, part)], RESAMPLING.units(part), seed)
        assert scored is not None
        values.append(tuple(scored.estimate))  # type: ignore[arg-type]
        low, high = int(part["steps"].min()), int(part["steps"].max())
        names.append(f"{low:,}{'' if low == high else f'–{high:,}'}\n({len(part):,})")
    middle, low_end, high_end = np.array(values).T
    figure = Figure(figsize=(1.2 + 0.85 * max(len(names), 4), 3.2))
    axis = figure.subplots()
    places = np.arange(len(names))
    ends = [np.maximum(middle - low_end, 0), np.maximum(high_end - middle, 0)]
    axis.errorbar(places, middle, ends, fmt="o", color=figures.BLUE, capsize=3)
    axis.set_xticks(places, names, fontsize=8)
    name = score_name.replace("f1", "F1")
    axis.set(xlabel=f"length in {steps} (test sequences)", ylabel=f"{name}, with its 95% interval")
    axis.set_xlim(-0.5, len(names) - 0.5)
    axis.set_title(f"{name} by length")
    figures.save(figure, path)


def confusions(pairs: Sequence[tuple[str, str]], nothing: str) -> tuple[NDArray[np.int64], list[str]]:
    """(types, types) of pairs of what is observed and what is predicted at the same place, and the types.

    Of more than MOST types those with the most mistakes have rows of their own, and the others one together: pairs of
    none but others are left out.

    Args:
        nothing: what stands where there is none; last of the types.
    """
    wrong = Counter(name for pair in pairs if pair[0] != pair[1] for name in pair if name != nothing)
    names = sorted({name for pair in pairs for name in pair if name != nothing})
    if len(names) > MOST:
        shown = sorted(sorted(names, key=lambda name: -wrong[name])[: MOST - 1])
        rest = f"({len(names) - len(shown)} others)"
        pairs = [
            (observed if observed in (*shown, nothing) else rest, predicted if predicted in (*shown, nothing) else rest)
            for observed, predicted in pairs
            if observed in shown or predicted in shown
        ]
        names = [*shown, rest]
    names += [nothing] if any(nothing in pair for pair in pairs) else []
    place_of = {name: place for place, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)), np.int64)
    for observed, predicted in pairs:
        matrix[place_of[observed], place_of[predicted]] += 1
    return matrix, names
