"""Learning-rate schedules as pure functions of the step, so that a resumed training needs no state of theirs."""

import math
from typing import Literal

Schedule = Literal["triangular", "one-cycle", "cosine", "constant"]


def factor(schedule: Schedule, step: int, steps: int, warmup: float = 0.3) -> float:
    """What the peak learning rate is multiplied by at a step.

    triangular: linear up, linear down to 0 (Smith 2017). one-cycle: cosine flanks from 1/25 of the peak, down to 0
    (Smith & Topin 2018). cosine: down from the peak (Loshchilov & Hutter 2017). constant: 1.

    Args:
        step: ≥ 0, the optimiser steps already made. steps: ≥ 1, those of the whole training.
        warmup: share of the steps that rise, in [0, 1).
    """
    rising = warmup * steps
    up = (step + 1) / (rising + 1) if step < rising else 1.0  # in (0, 1]; the first step already moves
    down = (steps - step) / max(steps - rising, 1) if step >= rising else 1.0  # in (0, 1]
    match schedule:
        case "triangular":
            return min(up, down, 1.0)
        case "one-cycle":
            return 0.04 + 0.96 * _cosine(up) if step < rising else _cosine(min(down, 1.0))
        case "cosine":
            return _cosine((steps - step) / steps)
        case "constant":
            return 1.0


def _cosine(share: float) -> float:
    """Half a cosine wave from 0 (share 0) to 1 (share 1)."""
    return (1 - math.cos(math.pi * share)) / 2
