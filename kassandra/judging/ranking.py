"""Which of several models is best on test, when each was trained with several seeds: means, intervals, and which cannot
be set apart from the best.

A score varies for two reasons: another seed trains another model, and another test split holds other examples.

**Which cannot be set apart from the best.** Of K models, each is compared with the one whose mean is best, by the test
of kassandra.judging.method: paired where both were asked the same examples and data/predictions has what each adds to
the score, else from the two intervals (unpaired). It is worse for sure where the one-sided p is below 0.05 / (K - 1).
That accounts for the best having been picked: the model that truly is best can lose to any of the K - 1 others, so that
with 95% confidence it is among those marked (multiple comparisons with the best; Hsu 1981, by Bonferroni's inequality).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from kassandra.judging.dependence import of_sums
from kassandra.judging.intervals import LEVEL, TAIL, Estimate, Z
from kassandra.judging.method import ENOUGH, of_swayed, over_seeds, welch
from kassandra.judging.paired import Difference
from kassandra.judging.score import Numbers, Score


@dataclass(frozen=True)
class Entry:
    """One model, trained with several seeds.

    scores: of each seed, with its interval over test examples. largest: that a score can be. interval: of their mean,
    where it is known.
    examples: names what it was asked; only entries of the same name are paired.
    sums: (units, k) of each seed, what `score` is a function of, of the same units; empty where it is not known.
    horizon: steps ahead, of units in the order of time; None where they have none.
    """

    scores: Sequence[Estimate]
    largest: float = math.inf
    examples: str = ""
    sums: Sequence[Numbers] = ()
    score: Score | None = None
    horizon: int | None = None
    interval: Estimate | None = None

    @property
    def mean(self) -> float:
        return float(np.mean([score.value for score in self.scores]))


@dataclass(frozen=True)
class Rank:
    """standing: `best`; `tied`, not to be set apart from the best; `worse`; `few`, fewer than 3 seeds.

    interval: None with few seeds. paired: whether the comparison with the best was on the same examples.
    """

    standing: str
    mean: float
    interval: Estimate | None
    paired: bool | None = None


def interval(scores: Sequence[Estimate], largest: float = math.inf) -> Estimate:
    """Of the mean over at least two seeds, from what is reported of each: it reaches √(seeds² + examples²) to each
    side, `seeds` being Student's t times the deviation of the mean over seeds, and `examples` how far a score's own
    interval reaches, averaged over seeds. It ends at the largest score that there can be.

    >>> print(interval([Estimate(0.5, 0.4, 0.6)] * 3))  # no seed differs: that of the examples
    0.5000 [0.4000, 0.6000]
    >>> print(interval([Estimate(x, x, x) for x in (1.0, 2.0, 3.0)]))  # all examples alike: 2 ± 4.303 · 1 / √3
    2.0000 [-0.4841, 4.4841]
    """
    values, lows, highs = (np.array(column) for column in zip(*scores, strict=True))
    over_seeds = stdtrit(len(values) - 1, 1 - TAIL) * values.std(ddof=1) / math.sqrt(len(values))
    mean = float(values.mean())
    low = mean - math.hypot(over_seeds, float((values - lows).mean()))
    return Estimate(mean, low, min(mean + math.hypot(over_seeds, float((highs - values).mean())), largest))


def rank(entries: Sequence[Entry], larger_is_better: bool) -> list[Rank]:
    """One Rank per entry, in the order given."""
    enough = [entry for entry in entries if len(entry.scores) >= ENOUGH]
    sign = 1 if larger_is_better else -1
    best = max(enough, key=lambda entry: sign * entry.mean, default=None)
    ranks = []
    for entry in entries:
        if best is None or len(entry.scores) < ENOUGH:
            ranks.append(Rank("few", entry.mean, None))
        elif entry is best:
            ranks.append(Rank("best", entry.mean, _interval(entry)))
        else:
            difference, paired = _difference(entry, best)
            worse = difference.p / 2 < (1 - LEVEL) / (len(enough) - 1)
            ranks.append(Rank("worse" if worse else "tied", entry.mean, _interval(entry), paired))
    return ranks


def _interval(entry: Entry) -> Estimate:
    return entry.interval or interval(entry.scores, entry.largest)


def _difference(entry: Entry, best: Entry) -> tuple[Difference, bool]:
    """From the best, and whether it is paired."""
    models, score = [*best.sums, *entry.sums], best.score
    alike = entry.examples == best.examples and len({each.shape for each in models}) == 1
    if best.sums and entry.sums and score and alike:
        known = of_sums(score, models, best.horizon)
        if known:
            return of_swayed([known], len(best.sums)).difference, True
    # What each example adds is not known: as if each had been asked examples of its own.
    seeds, examples = [], []
    for each in (best, entry):
        values = np.array([score.value for score in each.scores])
        error = float(np.mean([score.high - score.low for score in each.scores])) / (2 * Z)
        seeds.append((over_seeds(values), len(values) - 1))
        examples.append((error**2, math.inf))
    return welch(entry.mean - best.mean, seeds, examples, 0.0), False
