"""What a careful colleague would say of a training, from its history alone. Imports no PyTorch."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from kassandra.contracts import yaml
from kassandra.params.sections.kind import Pipeline

FAR = 2  # times as far apart as the interval of test reaches
FALLING = 0.01  # share by which the last epoch still lowers the loss of a training that was too short

LATE = 0.05  # the same of the last quarter of MANY epochs: the last one, whose steps are the smallest, adds little
MANY = 8
ON_TEST = "test has decided this, as baselines have no scores on validation: judge what it gives by validation"
MEMORISED = 0.7  # share of the loss on validation below which that on train says that dropout is missing

History = Sequence[Mapping[str, Any]]  # rows of history.csv of one member


def of_histories(histories: Sequence[History]) -> list[str]:
    """Sentences on the trainings of all members; none where nothing is to be said.

    >>> rows = [{"epoch": 1, "valid_loss": 0.9}, {"epoch": 2, "valid_loss": 0.5}]
    >>> of_histories([rows])
    ['The loss on validation still fell by 44% in the last of 2 epochs: train.epochs may be too few.']
    """
    advice = []
    falls = [_last_fall(rows) for rows in histories if len(rows) > 1]
    if falls and min(falls) > FALLING:
        epochs = max(len(rows) for rows in histories)
        advice.append(
            f"The loss on validation still fell by {sum(falls) / len(falls):.0%} in the last of {epochs} epochs: "
            "train.epochs may be too few."
        )
    firsts = [rows for rows in histories if len(rows) > 2 and _best(rows) == 0]
    if len(firsts) * 2 > len(histories):
        advice.append(
            f"Of {len(firsts)} of {len(histories)} trainings the first epoch was the best on validation: try a lower "
            "train.learning_rate, fewer weights or more dropout."
        )
    if any(row.get("valid_r2", 1.0) <= 0 for row in _ends(histories)):
        advice.append("On validation the forecast is no better than the mean of train (valid_r2 is not above 0).")
    return advice


def to_try(name: str | None, params: Any, histories: Sequence[History]) -> list[str]:
    """What to try next: one setting each, which the losses on validation ask for, and why.

    Args:
        name: of the pipeline of params.yaml, for commands to paste, each an experiment of DVC; None gives the settings.
            params: its sections.
    """
    return [_line(name, *each) for each in _settings(params, histories)]


def against_baselines(name: str | None, params: Any, report: Any) -> list[str]:
    """Where the strongest baseline is better on test, by an interval above 0: a sentence that says so, and what to try.

    Baselines are fitted to train and validation together, so that no score of theirs on validation could decide this:
    the lines say that test has.

    Args:
        name, params: as of `to_try`. report: kassandra.judging.judge.Report.
    """
    headline = report.headline
    known = {each: headline.sign * estimate.value for each, estimate in report.baselines.items()}
    if not known:
        return []
    best = max(known, key=lambda each: known[each])
    if report.gains[best].high >= 0:
        return []
    theirs, ours = report.baselines[best].value, report.scores[headline.name].value
    lines = [
        f"Caution: {best} has {headline.name} {theirs:.{headline.decimals}f} on test, and this model "
        f"{ours:.{headline.decimals}f}: what needs no LSTM is better here."
    ]
    return lines + [f"Try: {_line(name, *each)}" for each in _instead(params)]


def _line(name: str | None, key: str, value: str, why: str) -> str:
    if name is None:
        return f"{key}: {value}  # {why}"
    return f"dvc exp run evaluate@{shlex.quote(name)} -S {shlex.quote(f'++pipelines.{name}.{key}={value}')}  # {why}"


def _instead(params: Any) -> Iterator[tuple[str, str, str]]:
    """What makes of a model that a baseline beats one that begins with what such a baseline knows."""
    if linear := _linear(params):
        yield "model.linear", linear, f"a linear model beside the LSTM has what such a baseline has; {ON_TEST}"
    if getattr(params.prepare, "normalise", "last") == "none":
        yield "prepare.normalise", "last", f"forecasts begin at the last value; {ON_TEST}"


def _linear(params: Any) -> str:
    """What `model.linear` may be set to; empty where there is no such key, it is set, or the pair has no such model."""
    model = params.model
    if getattr(model, "linear", True):
        return ""
    field = getattr(type(model), "model_fields", {}).get("linear")
    value = "fitted" if field and "fitted" in get_args(field.annotation) else "true"
    if isinstance(params, Pipeline):
        changed = params.model_dump(exclude_unset=True)
        try:
            type(params).model_validate(changed | {"model": changed["model"] | {"linear": yaml.parse(value, "linear")}})
        except ValidationError:
            return ""
    return value


def _settings(params: Any, histories: Sequence[History]) -> Iterator[tuple[str, str, str]]:
    how, model, long = params.train, params.model, [rows for rows in histories if len(rows) > 2]
    falls = [_last_fall(rows) for rows in histories if len(rows) > 1]
    late = [rows for rows in histories if len(rows) >= MANY and _last_fall(rows, len(rows) // 4) > LATE]
    if (falls and min(falls) > FALLING) or len(late) * 2 > len(histories):
        yield "train.epochs", str(2 * how.epochs), "the loss was still falling"
    if sum(_best(rows) == 0 for rows in long) * 2 > len(histories):
        yield "train.learning_rate", f"{how.learning_rate / 3:.2g}", "the first epoch was the best"
    elif sum(_memorises(rows) for rows in long) * 2 > len(histories):
        known = "the loss on train is far below that on validation"
        if linear := _linear(params):
            yield "model.linear", linear, f"{known}: a linear model beside the LSTM needs fewer examples"
        if model.dropout < 0.5:
            yield "model.dropout", f"{min(0.5, model.dropout + 0.2):.2g}", known
    if any(row.get("valid_r2", 1.0) <= 0 for row in _ends(histories)):
        if linear := _linear(params):
            yield "model.linear", linear, "the forecast is no better than the mean; a linear map may be"
        if getattr(params.prepare, "normalise", "last") == "none":
            yield "prepare.normalise", "last", "the forecast is no better than the mean"


def _memorises(rows: History) -> bool:
    """Whether the best epoch lies in the first half, and the last one fits train far better than validation."""
    last = rows[-1]
    return 2 * _best(rows) < len(rows) and float(last["train_loss"]) < MEMORISED * float(last["valid_loss"])


def of_training(history: Any, report: Any) -> list[str]:
    """As `of_histories`, and whether validation and test are far apart in the headline.

    Args:
        history: history.csv as a table. report: kassandra.judging.judge.Report.
    """
    members = history.groupby("member") if "member" in history else [(0, history)]
    histories: list[Any] = [rows.to_dict("records") for _, rows in members]
    headline = report.headline
    ends = [row[f"valid_{headline.name}"] for row in _ends(histories) if f"valid_{headline.name}" in row]
    name = headline.on_validation if headline.on_validation in report.scores else headline.name
    scored = report.scores[name]
    apart = []
    if ends:
        valid = sum(ends) / len(ends)
        reach = FAR * max(scored.high - scored.value, scored.value - scored.low)
        if abs(valid - scored.value) > reach:
            apart = [
                f"{name} is {valid:.4f} on validation and {scored.value:.4f} on test, further apart than examples "
                "explain: see whether both splits are drawn alike."
            ]
    return [*of_histories(histories), *apart]


def _best(rows: History) -> int:
    losses = [float(row["valid_loss"]) for row in rows]
    return losses.index(min(losses))


def _ends(histories: Sequence[History]) -> list[Mapping[str, Any]]:
    return [rows[_best(rows)] for rows in histories if rows]


def _last_fall(rows: History, epochs: int = 1) -> float:
    """By which share of its size the last epoch has lowered the best loss before the last `epochs`; negative where it
    has not."""
    losses = [float(row["valid_loss"]) for row in rows]
    best = min(losses[:-epochs])
    return (best - losses[-1]) / abs(best) if best else 0.0
