"""data/models/<pipeline>/ and the test split → metrics/<pipeline>/ (scores, pictures) and data/predictions/."""

import importlib
import importlib.util
from types import ModuleType

from kassandra.before import of_today
from kassandra.contracts.artifacts import BASELINES, METRICS, MODELS, PREDICTIONS, PREPARED, write_json
from kassandra.contracts.tables import read_table, write_table
from kassandra.inference import load
from kassandra.judging import score_file
from kassandra.judging.figures import read_history
from kassandra.params.pipeline import read_pipeline
from kassandra.training.fingerprint import fingerprint, set_up
from stages.script import run

READINGS = {"label": "examples", "next": "stream", "text": "pairs", "forecast": "table"}  # until params say it


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    device = set_up(params.train.device, params.train.threads)
    predictor = load(MODELS / name, device)
    kinds = of_today({"task": params.task})
    target = importlib.import_module(f"kassandra.targets.{kinds['target']}.evaluate.stage")
    report, predicted = target.evaluate(
        predictor,
        PREPARED / name / "test.npz",
        show=_pictures(kinds["input"], READINGS[kinds["target"]]),
        baselines=read_table(BASELINES / f"{name}.parquet", sealed=True),
        history=read_history(METRICS / name / "history.csv"),
        plots=METRICS / name / "plots",
        pages=PREDICTIONS / name,
        seed=seed,
    )
    write_table(PREDICTIONS / name / "test.parquet", predicted)
    parameters = sum(parameter.numel() for parameter in predictor.model.parameters())
    evaluated_on = fingerprint(device, params.train.threads, "fp32")
    scores = score_file.contents(report, parameters, predictor.fingerprint, evaluated_on)
    write_json(METRICS / name / "test.json", scores)
    headline = report.headline.name
    print(f"{headline} {report.scores[headline]} on {report.units:,} of test")


def _pictures(input: str, reading: str) -> ModuleType | None:
    """How an input shows what a target reads; None where it does not."""
    name = f"kassandra.inputs.{input}.show.{reading}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


if __name__ == "__main__":
    run(main, __doc__)
