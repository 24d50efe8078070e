"""Scores of 0.1.0, whose test.json does not say which values are better. To be deleted at 1.0."""

from typing import Any

from kassandra.judging.score import scores_of

OF_A_SCORE = ("better", "unit", "decimals")


def described(intervals: list[dict[str, Any]], target: str | None) -> list[dict[str, Any]]:
    """`intervals` of a test.json; what an entry does not say of its score, the target of today does."""
    if all(key in each for each in intervals for key in OF_A_SCORE):
        return intervals
    module = scores_of(target) if target else None
    known = {score.name: {key: getattr(score, key) for key in OF_A_SCORE} for score in module.SCORES} if module else {}
    unknown = {"better": None, "unit": "", "decimals": 4}
    return [known.get(each.get("score", ""), unknown) | each for each in intervals]
