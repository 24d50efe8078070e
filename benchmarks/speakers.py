"""Spoken digits of speakers that training has not heard: each held out in turn, and the mean over all of them.

    kassandra add recipes/fsdd-speakers.yaml
    dvc repro evaluate@fsdd-george evaluate@fsdd-jackson evaluate@fsdd-lucas \\
              evaluate@fsdd-nicolas evaluate@fsdd-theo evaluate@fsdd-yweweler
    python -m benchmarks.speakers

Reads what these pipelines have written and puts it into recipes/results, where `kassandra report fsdd` looks for it.
The interval of the mean is of other recordings of these six speakers; how much speakers differ, the six figures say.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bootstrap import of_mean
from kassandra.contracts.artifacts import BASELINES, METRICS, PREDICTIONS, read_json, write_json
from kassandra.contracts.tables import read_table
from kassandra.params.sections.pipeline import read_pipeline

SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
RESULTS = Path("recipes/results")


def measured(pipeline: str) -> dict[str, Any]:
    """The scores of each speaker, and the mean."""
    rows, right, baseline = [], [], []
    for speaker in SPEAKERS:
        name = f"{pipeline}-{speaker}"
        table, result = read_table(PREDICTIONS / name / "test.parquet"), read_json(METRICS / name / "test.json")
        shutil.copyfile(METRICS / name / "test.json", RESULTS / f"{name}.json")
        right.append((table["target"] == table["predicted"]).to_numpy(float))  # (recordings,)
        answers = read_table(BASELINES / f"{name}.parquet").iloc[:, -1]  # of the last baseline, the strongest
        baseline.append((answers == table["target"]).to_numpy(float))
        score = result["intervals"][0]
        rows.append({"speaker": speaker, "value": score["value"], "low": score["low"], "high": score["high"]})
        rows[-1]["baseline"] = round(float(baseline[-1].mean()), 6)
    # The same number of recordings of each speaker: the mean over recordings is that over speakers.
    assert len({len(each) for each in right}) == 1
    hits, others = np.stack(right), np.stack(baseline)  # (speakers, recordings)
    mean = of_mean(hits.mean(0), 0)
    params, _ = read_pipeline(f"{pipeline}-{SPEAKERS[0]}")
    return {
        "accuracy": {key: round(value, 6) for key, value in mean._asdict().items()},
        "baseline": {"baseline": answers.name, "accuracy": round(float(others.mean()), 6)},
        "speakers": rows,
        "model": params.model.used(),
        "train": params.train.model_dump(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", default="fsdd", help="its name before the dash (default: %(default)s)")
    pipeline = parser.parse_args().pipeline
    study = measured(pipeline)
    write_json(RESULTS / f"{pipeline}-speakers.json", study)
    table = Table("held out", "accuracy", "95% interval", study["baseline"]["baseline"], box=None)
    for row in study["speakers"]:
        cells = f"{row['value']:.4f}", f"{row['low']:.4f}-{row['high']:.4f}", f"{row['baseline']:.4f}"
        table.add_row(row["speaker"], *cells)
    mean = study["accuracy"]
    interval = f"{mean['low']:.4f}-{mean['high']:.4f}"
    table.add_row("mean", f"{mean['value']:.4f}", interval, f"{study['baseline']['accuracy']:.4f}")
    Console().print(table)


if __name__ == "__main__":
    main()
