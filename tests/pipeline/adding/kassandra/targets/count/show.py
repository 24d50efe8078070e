"""`kassandra predict` of counts."""

from typing import Any

from kassandra.contracts.printed import print_json, print_table

COMMAND = "predict"


def show(predictor: Any, reader: Any, given: list[str], as_json: bool, **options: Any) -> None:
    names, inputs = reader.read(given, predictor.meta, **options)
    rows = [{"file": name, "count": f"{rate:.2f}"} for name, rate in zip(names, predictor.predict(inputs), strict=True)]
    (print_json if as_json else print_table)(rows)
