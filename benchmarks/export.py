"""How fast one example is answered by an exported file, beside PyTorch's eager mode, and how far outputs are apart.

    dvc repro evaluate@mnist evaluate@imdb
    kassandra export data/models/mnist --to onnx --int8 --member 0
    kassandra export data/models/imdb --to onnx --int8 --member 0
    python -m benchmarks.export

One thread, one image and one text of 20 words, of one member; medians of calls that take turns. It fails where an
output differs by more than 1e-5, or a file is less than 2 times (in float) or 3.5 times (in 8 bits) as fast.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

import kassandra
from kassandra.contracts.artifacts import read_json, write_json
from kassandra.contracts.graph import Arrays
from kassandra.export.onnx_export import INT8, exporters, graphs_of
from kassandra.export.onnx_file import run, session

RESULTS = Path(__file__).with_name("results") / "export.json"
LENGTHS = {"mnist": 28, "imdb": 20}  # steps of the example
PARITY, FLOAT, EIGHT_BITS = 1e-5, 2.0, 3.5  # bars
ROUNDS = 1000


def measured(name: str, exports: Path, models: Path, rounds: int) -> dict[str, Any]:
    """Microseconds of each form, and ratios to eager."""
    predictor = kassandra.load(models / name, member=0)
    by = exporters(predictor)
    (graph,) = graphs_of(predictor, by).of_target
    example = graph.example({"batch": 1, "time": LENGTHS[name]}, np.random.default_rng(0))
    member, given = predictor.models[0], [torch.from_numpy(np.array(example[each])) for each in graph.inputs]
    lengths = given[1] if len(given) > 1 else None
    files = [session(exports / name / f"model{ending}.onnx") for ending in ("", INT8)]

    def of_file(number: int) -> Callable[[], Arrays]:
        return lambda: run(files[number], example)

    forms: dict[str, Callable[[], Any]] = {
        "eager": lambda: member(given[0], lengths).log_softmax(1), "float": of_file(0), "int8": of_file(1),
    }  # fmt: skip
    spent: dict[str, list[float]] = {form: [] for form in forms}
    with torch.inference_mode():
        for _ in range(rounds):
            for form, call in forms.items():
                began = time.perf_counter()
                call()
                spent[form].append(time.perf_counter() - began)
    micro = {form: statistics.median(values) * 1e6 for form, values in spent.items()}
    stored = read_json(exports / name / "export.json")
    return {
        "model": name,
        "steps": LENGTHS[name],
        **{f"{form}_us": round(value, 1) for form, value in micro.items()},
        "float_times_faster": round(micro["eager"] / micro["float"], 2),
        "int8_times_faster": round(micro["eager"] / micro["int8"], 2),
        "parity": max(stored["parity"].values()),
        "test": {ending or "float": stored.get(f"test{ending}") for ending in ("", INT8)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exports", type=Path, default=Path("exports"), help="default: %(default)s")
    parser.add_argument("--models", type=Path, default=Path("data/models"), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measured(name, options.exports, options.models, options.rounds) for name in LENGTHS]
    write_json(RESULTS, {"rounds": options.rounds, "rows": rows})
    table = Table("model", "steps", "eager µs", "float µs", "int8 µs", "float", "int8", "parity", box=None)
    for row in rows:
        cells = [str(value) for key, value in row.items() if key != "test"]
        table.add_row(*cells[:-1], f"{row['parity']:.1e}")
    Console().print(table)
    missed = [
        row["model"]
        for row in rows
        if row["parity"] > PARITY or row["float_times_faster"] < FLOAT or row["int8_times_faster"] < EIGHT_BITS
    ]
    if missed:
        print(f"Below the bars: {', '.join(missed)}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
