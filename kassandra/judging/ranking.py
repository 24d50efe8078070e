"""Which of several models is best on test, when each was trained with several seeds: means, intervals, and which cannot
be set apart from the best.

A score varies for two reasons: another seed trains another model, and another test split holds other examples.

**Interval of a mean over S seeds.** `seeds` is Student's t (S - 1 degrees) times the deviation over seeds / √S.
`examples` is the distance from a score to the end of its own interval in test.json, averaged over seeds: a mean varies
no more than its parts do on average, however they hang together. The interval reaches √(seeds² + examples²) to each
side, as the two are independent.

**Which cannot be set apart from the best.** Of K models, each is compared with the one whose mean is best: it is worse
for sure where the difference of the means is larger than √((t·s)² + (z·e)²). s is the standard error of the difference
over seeds (Welch 1947); e that over test examples, drawn together for all seeds of both (paired) where both were asked
the same examples and data/predictions has what each adds to the score, else from the two intervals (unpaired). t and
z are one-sided and at level 0.05 / (K - 1). That accounts for the best having been picked: the model that truly is
best can lose to any of the K - 1 others, so that with 95% confidence it is among those marked (multiple comparisons
with the best; Hsu 1981, by Bonferroni's inequality).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from kassandra.judging.intervals import LEVEL, TAIL, Estimate, Z
from kassandra.judging.resampling import Units
from kassandra.judging.score import Numbers, Score

ENOUGH = 3  # seeds


@dataclass(frozen=True)
class Entry:
    """One model, trained with several seeds.

    scores: of each seed, with its interval over test examples. largest: that a score can be.
    examples: names what it was asked; only entries of the same name are paired.
    sums: (units, k) of each seed, what `score` is a function of, of the same units; empty where it is not known.
    """

    scores: Sequence[Estimate]
    largest: float = math.inf
    examples: str = ""
    sums: Sequence[Numbers] = ()
    score: Score | None = None
    units: Units | None = None

    @property
    def mean(self) -> float:
        return float(np.mean([score.value for score in self.scores]))

    @property
    def variance(self) -> float:
        """Of the mean, over seeds."""
        return float(np.var([score.value for score in self.scores], ddof=1)) / len(self.scores)


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
    """Of the mean over at least two seeds; see above. It ends at the largest score that there can be.

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
            ranks.append(Rank("best", entry.mean, interval(entry.scores, entry.largest)))
        else:
            worse, paired = _is_worse(entry, best, (1 - LEVEL) / (len(enough) - 1))
            spread = interval(entry.scores, entry.largest)
            ranks.append(Rank("worse" if worse else "tied", entry.mean, spread, paired))
    return ranks


def _is_worse(entry: Entry, best: Entry, level: float) -> tuple[bool, bool]:
    over_seeds, reach = entry.variance + best.variance, 0.0
    if over_seeds > 0:
        parts = [(each.variance, len(each.scores) - 1) for each in (entry, best)]
        degrees = over_seeds**2 / sum(variance**2 / free for variance, free in parts)
        reach = float(stdtrit(degrees, 1 - level)) * math.sqrt(over_seeds)
    paired = over_examples = _paired_error(entry, best)
    if over_examples is None:  # what each example adds is not known: as if each had been asked examples of its own
        widths = [np.mean([score.high - score.low for score in each.scores]) / (2 * Z) for each in (entry, best)]
        over_examples = math.hypot(*map(float, widths))
    reach = math.hypot(reach, float(ndtri(1 - level)) * over_examples)
    return abs(best.mean - entry.mean) > reach, paired is not None


def _paired_error(entry: Entry, best: Entry) -> float | None:
    """Standard error over test examples of the difference of the means over seeds, the models given."""
    models, score, units = [*entry.sums, *best.sums], best.score, best.units
    if not (entry.sums and best.sums and entry.examples == best.examples and score and units):
        return None
    if any(each.shape != models[0].shape for each in models):
        return None
    drawn = units.resampled(np.concatenate(models, 1), seed=0)  # (resamples, models * k)
    values = score.value(drawn.reshape(len(drawn), len(models), -1))  # (resamples, models)
    own = len(entry.sums)
    low, high = np.quantile(values[:, own:].mean(1) - values[:, :own].mean(1), [TAIL, 1 - TAIL])
    return float(high - low) / (2 * Z)
