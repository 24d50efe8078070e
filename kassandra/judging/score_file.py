"""metrics/<pipeline>/test.json: what the model scored, beside what needs no LSTM, and on which machine."""

import math
from typing import Any

from kassandra.judging.intervals import Estimate
from kassandra.judging.judge import Report


def contents(
    report: Report, parameters: int, trained_on: dict[str, str], evaluated_on: dict[str, str]
) -> dict[str, Any]:
    """The file as a dict.

    `dvc metrics show` puts numbers at the top level into its table and leaves lists out. Hence the lists: the intervals
    of all scores, the baselines, tests, cautions, signatures and the fingerprints stand in the file without making that
    table unreadable. Tests, cautions and signatures are there if there are any.

    Numbers have six decimals, and more where the headline is small (a daily return is).
    """
    name, best = report.headline.name, max if report.headline.sign > 0 else min
    headline = report.scores[name]
    decimals = 6 + (math.ceil(-math.log10(abs(headline.value))) if 0 < abs(headline.value) < 0.1 else 0)

    def short(value: float) -> float:
        return round(value, decimals)

    def interval(estimate: Estimate) -> dict[str, float]:
        return {end: short(value) for end, value in estimate._asdict().items()}

    tests = [test._asdict() | {"statistic": short(test.statistic), "p": short(test.p)} for test in report.tests]
    signatures = [f"{score}: {signature}" for score, signature in report.signatures.items()]
    return {
        name: short(headline.value),
        f"{name}_low": short(headline.low),
        f"{name}_high": short(headline.high),
        **{other: short(score.value) for other, score in report.scores.items() if other != name},
        f"baseline_{name}": short(best(score.value for score in report.baselines.values())),
        "examples": report.units,
        "parameters": parameters,
        "intervals": [
            {"score": kind.name, **interval(report.scores[kind.name])}
            | {"better": kind.better, "unit": kind.unit, "decimals": kind.decimals}
            for kind in report.kinds
        ],
        "baselines": [
            {"baseline": baseline, name: interval(score), "gain": interval(report.gains[baseline])}
            for baseline, score in report.baselines.items()
        ],
        **({"tests": tests} if tests else {}),
        **({"cautions": list(report.cautions)} if report.cautions else {}),
        **({"signatures": signatures} if signatures else {}),
        "trained_on": [f"{name}: {value}" for name, value in trained_on.items()],
        "evaluated_on": [f"{name}: {value}" for name, value in evaluated_on.items()],
    }
