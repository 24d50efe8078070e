"""Two files of predictions, of models of any framework, judged as two revisions are.

A table has a row per example: `example` (its id), `target`, `prediction`, and `probability_<class>` of each class or
`quantile_<level>`; of forecasts of several steps also `step` (from 1 on), and `origin`, when it was made; of several
trainings of one method, `seed`. With three seeds or more a side the verdict is about methods, else about two models.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_numeric_dtype

from kassandra.comparison.compare import Comparison, Pipeline, Row, verdict_of
from kassandra.comparison.pairing import join
from kassandra.comparison.revisions import Unpaired
from kassandra.contracts.errors import KassandraError
from kassandra.judging.method import ENOUGH, compare_methods
from kassandra.judging.paired import compare
from kassandra.judging.score import scores_of

SUFFIXES = (".parquet", ".csv")
PROBABILITY, QUANTILE = "probability_", "quantile_"
WITHOUT_PROBABILITIES = ("accuracy", "precision", "recall", "f1")
WITHOUT_QUANTILES = ("rmse", "mae", "smape")
TOLERANCE = 1e-3  # of the sum of probabilities, which a CSV or a half precision has rounded


def compare_files(a: Path, b: Path) -> Comparison:
    """Paired by `example`.

    Raises:
        KassandraError: a file is not such a table, has two seeds or another side's one, or the two do not have two
            examples in common.
    """
    paths, tables = (a, b), [_read(path) for path in (a, b)]
    as_labels = [_is_of_labels(table) for table in tables]
    target, make = ("label", _labels) if any(as_labels) else ("forecast", _forecasts)
    sides, full, why = make(paths, tables)
    module: Any = scores_of(target)
    members = [_members(side, table) for side, table in zip(sides, tables, strict=True)]
    seeds = [len(each) for each in members]
    if max(seeds) > 1 and min(seeds) < ENOUGH:
        raise KassandraError(
            f"{a}: {seeds[0]} of 'seed', {b}: {seeds[1]}; a verdict on methods needs {ENOUGH} or more in each file, "
            "and one in each compares two models"
        )
    try:
        members, note = _joined(members, module)
    except Unpaired as reason:
        raise KassandraError(f"{a} and {b}: cannot be paired by 'example': {reason}") from None
    one = members[0][0]
    few = WITHOUT_PROBABILITIES if target == "label" else WITHOUT_QUANTILES
    which = [score for score in module.SCORES if not score.unpaired and (full or score.name in few)]
    if target == "forecast":
        which = [score for score in which if score.name != "qlike"]  # of volatilities alone
    of_a, of_b = members
    several = compare_methods(which, of_a, of_b, module.RESAMPLING)
    compared = several or compare(which, one, of_b[0], module.RESAMPLING)
    rows = tuple(
        Row(score.name, score.better, *compared[score.name], True, verdict_of(score.better, compared[score.name][2]))
        for score in which
        if score.name in compared
    )
    if not rows:
        raise KassandraError(f"{a} and {b}: no score could be compared: {len(one)} rows in common are too few")
    paired = note or f"paired on all {one['example'].nunique():,} examples"
    notes = [f"Taken as predictions of a {target}, {why}.", f"{paired[0].upper()}{paired[1:]}."]
    if not full and any(_columns(table, prefix) for table in tables for prefix in (PROBABILITY, QUANTILE)):
        needed = f"{PROBABILITY}<class>" if target == "label" else ", ".join(module.QUANTILES)
        notes.append(f"{', '.join(row.score for row in rows)} alone, as not both files have {needed}.")
    return Comparison(
        str(a), str(b), None, (), (), {}, (Pipeline(target, rows, {}, tuple(notes), (len(of_a), len(of_b))),)
    )


def _read(path: Path) -> pd.DataFrame:
    from pyarrow import ArrowException, parquet

    try:
        if path.suffix == ".csv":  # "NA" and "None" may be names of classes, "007" that of an example
            table = pd.read_csv(path, dtype={"example": str}, keep_default_na=False, na_values=[""])
        else:
            table = parquet.ParquetFile(path).read().to_pandas()
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file; give two tables of predictions, .parquet or .csv") from None
    except (OSError, ValueError, ArrowException) as error:
        reason = " ".join(str(error).split())
        raise KassandraError(f"{path}: cannot be read as a {path.suffix} table ({reason}); write it again") from None
    return _checked(path, table)


def _checked(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """With the columns example, target and prediction. Raises: KassandraError: it has none, or not one row each."""
    if "prediction" not in table and "predicted" in table and (classes := _columns(table, PROBABILITY)):  # one of ours
        names = np.array([name.removeprefix(PROBABILITY) for name in classes], object)
        table = table.assign(target=names[table["target"]], prediction=names[table["predicted"]])
    if "prediction" not in table and (classes := _columns(table, PROBABILITY)):
        _numbers(path, table, classes)
        likeliest = table[classes].to_numpy(np.float64).argmax(1) if len(table) else []
        table["prediction"] = [classes[place].removeprefix(PROBABILITY) for place in likeliest]
    for column in ("example", "target", "prediction"):
        if column not in table:
            has = ", ".join(map(str, table)) or "none"
            raise KassandraError(
                f"{path}: no column {column!r}; it needs example, target and prediction, and has {has}"
            )
        if table[column].isna().any():
            raise KassandraError(f"{path}: column {column!r} is empty in row {int(table[column].isna().argmax()) + 1}")
    table["example"] = _names(table["example"])
    keys = [key for key in ("example", "step", "seed") if key in table]
    if (twice := table.duplicated(keys)).any():
        first = table["example"][int(twice.argmax())]
        raise KassandraError(f"{path}: {' and '.join(keys)} name more than one row ({first!r}); one row per prediction")
    return table


def _members(side: pd.DataFrame, table: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each seed; all of them where there is none."""
    if "seed" not in table:
        return [side]
    return [rows.reset_index(drop=True) for _, rows in side.groupby(table["seed"].to_numpy(), sort=True)]


def _joined(members: list[list[pd.DataFrame]], module: Any) -> tuple[list[list[pd.DataFrame]], str]:
    """The examples that all members have, in the order of the first; and a note where some were left out.

    Raises:
        Unpaired: the examples are not the same, or there are too few.
    """
    every, cut = [table for side in members for table in side], len(members[0])
    first, note = every[0], join(every[0], every[cut], module)[2]
    for table in every:
        first = join(first, table, module)[0]
    aligned = [join(first, table, module)[1] for table in every]
    return [aligned[:cut], aligned[cut:]], note


def _is_of_labels(table: pd.DataFrame) -> bool:
    texts = [not is_numeric_dtype(table[name]) or is_bool_dtype(table[name]) for name in ("target", "prediction")]
    return any(texts) or bool(_columns(table, PROBABILITY))


def _labels(paths: tuple[Path, Path], tables: list[pd.DataFrame]) -> tuple[list[pd.DataFrame], bool, str]:
    """Both as the label's scores read them; whether both have probabilities; and how it is known what they are."""
    named, have = [], [_columns(table, PROBABILITY) for table in tables]
    for path, table in zip(paths, tables, strict=True):
        for column in ("target", "prediction"):
            if is_float_dtype(table[column]) and (table[column] % 1 != 0).any():
                raise KassandraError(
                    f"{path}: column {column!r} holds numbers that are no classes, as {table[column][0]}"
                )
        named.append([_names(table[column]).to_numpy(object) for column in ("target", "prediction")])
    listed = [name.removeprefix(PROBABILITY) for columns in have for name in columns]
    used = sorted({name for pair in named for names in pair for name in names})
    classes = list(dict.fromkeys([*listed, *used]))
    place = {name: number for number, name in enumerate(classes)}
    full, sides = all(have), []
    for path, table, columns, (target, prediction) in zip(paths, tables, have, named, strict=True):
        if columns:
            _probabilities(path, table, columns, [name for name in classes if name in set(target) | set(prediction)])
        values = {
            f"{PROBABILITY}{name}": table[column] if full and (column := f"{PROBABILITY}{name}") in columns else 0.0
            for name in classes
        }
        answers = {"target": [place[name] for name in target], "predicted": [place[name] for name in prediction]}
        sides.append(pd.DataFrame({"example": table["example"], **answers, **values}))
    why = "as there are probabilities of classes" if listed else "as target and prediction are text"
    return sides, full, why


def _probabilities(path: Path, table: pd.DataFrame, columns: list[str], classes: list[str]) -> None:
    """Raises: KassandraError: they are none, or a class has none."""
    if absent := [name for name in classes if f"{PROBABILITY}{name}" not in columns]:
        raise KassandraError(f"{path}: no column '{PROBABILITY}{absent[0]}', though {absent[0]!r} is a class there")
    _numbers(path, table, columns)
    values = table[columns].to_numpy(np.float64)
    wrong = (values < 0).any(1) | (np.abs(values.sum(1) - 1) > TOLERANCE)
    if wrong.any():
        row, total = int(wrong.argmax()), values.sum(1)[wrong.argmax()]
        raise KassandraError(
            f"{path}: the probabilities of row {row + 1} are no distribution (sum {total:.4g}, smallest "
            f"{values[row].min():.4g}); there is a column '{PROBABILITY}<class>' of each class, and they sum to 1"
        )


def _forecasts(paths: tuple[Path, Path], tables: list[pd.DataFrame]) -> tuple[list[pd.DataFrame], bool, str]:
    """Both as the forecast's scores read them; whether both have all quantiles; and how it is known what they are."""
    module: Any = scores_of("forecast")
    steps = ["step" in table for table in tables]
    if steps[0] != steps[1]:
        raise KassandraError(
            f"{paths[steps[0]]}: no column 'step', and {paths[steps[1]]} has one; give both or neither"
        )
    full, sides = all(set(module.QUANTILES) <= set(table) for table in tables), []
    halved = any(table["target"].dtype == np.float32 for table in tables)
    order = {name: f"{number:012d}" for number, name in enumerate(dict.fromkeys(tables[0]["example"]))}
    origins = dict(zip(tables[0]["example"], tables[0].get("origin", tables[0]["example"].map(order)), strict=True))
    for path, table in zip(paths, tables, strict=True):
        used = ["target", "prediction", *(["step"] if "step" in table else []), *(module.QUANTILES if full else [])]
        _numbers(path, table, used)
        # The shortest decimals of a float32 are the number that a CSV or a float64 holds beside it.
        observed = table["target"].astype(np.float32).astype(str).astype(float) if halved else table["target"]
        own = pd.DataFrame({"example": table["example"], "observed": observed, "point": table["prediction"]})
        own = own.assign(step=table.get("step", 1), target="target", series="all", scale=1.0)
        own["origin"] = [str(origins.get(example, "")) for example in table["example"]]
        sides.append(own.join(table[module.QUANTILES]) if full else own)
    why = "as target and prediction are numbers; classes that are numbers need columns probability_<class>"
    return sides, full, why


def _numbers(path: Path, table: pd.DataFrame, columns: list[str]) -> None:
    """Raises: KassandraError: a column holds something else."""
    for column in columns:
        if not is_numeric_dtype(table[column]) or not np.isfinite(table[column].to_numpy(np.float64)).all():
            raise KassandraError(f"{path}: column {column!r} holds what is no finite number")


def _columns(table: pd.DataFrame, prefix: str) -> list[str]:
    return [name for name in map(str, table) if name.startswith(prefix)]


def _names(values: pd.Series) -> pd.Series:
    """As text, whole numbers without a point: 3.0 and 3 are the same class, and the same example."""
    whole = is_float_dtype(values) and (values % 1 == 0).all()
    return (values.astype(np.int64) if whole else values).astype(str)
