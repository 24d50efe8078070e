"""What a careful colleague would say of a training, from its history alone. Imports no PyTorch."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FAR = 2  # times as far apart as the interval of test reaches
FALLING = 0.01  # share by which the last epoch still lowers the loss of a training that was too short

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
    if name is None:
        return [f"{key}: {value}  # {why}" for key, value, why in _settings(params, histories)]
    return [
        f"dvc exp run evaluate@{shlex.quote(name)} -S {shlex.quote(f'++pipelines.{name}.{key}={value}')}  # {why}"
        for key, value, why in _settings(params, histories)
    ]


def _settings(params: Any, histories: Sequence[History]) -> Iterator[tuple[str, str, str]]:
    how, model, long = params.train, params.model, [rows for rows in histories if len(rows) > 2]
    falls = [_last_fall(rows) for rows in histories if len(rows) > 1]
    if falls and min(falls) > FALLING:
        yield "train.epochs", str(2 * how.epochs), "the loss was still falling"
    if sum(_best(rows) == 0 for rows in long) * 2 > len(histories):
        yield "train.learning_rate", f"{how.learning_rate / 3:.2g}", "the first epoch was the best"
    elif sum(_memorises(rows) for rows in long) * 2 > len(histories) and model.dropout < 0.5:
        yield (
            "model.dropout",
            f"{min(0.5, model.dropout + 0.2):.2g}",
            "the loss on train is far below that on validation",
        )
    if any(row.get("valid_r2", 1.0) <= 0 for row in _ends(histories)):
        if not getattr(model, "linear", True):
            yield "model.linear", "true", "the forecast is no better than the mean; a linear map may be"
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


def _last_fall(rows: History) -> float:
    """By which share of its size the last epoch has lowered the best loss before; negative where it has not."""
    *before, last = (float(row["valid_loss"]) for row in rows)
    best = min(before)
    return (best - last) / abs(best) if best else 0.0
