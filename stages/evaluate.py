"""data/models/<pipeline>/ and the test split → metrics/<pipeline>/ (scores, pictures) and data/predictions/."""

from kassandra.contracts.artifacts import BASELINES, METRICS, MODELS, PREDICTIONS, PREPARED, write_json
from kassandra.contracts.kinds import part, part_if_any
from kassandra.contracts.tables import read_table, write_table
from kassandra.inference import load
from kassandra.judging.figures import read_history
from kassandra.judging.judge import contents
from kassandra.params.sections.pipeline import read_pipeline, reading
from kassandra.training.fingerprint import fingerprint, set_up
from stages.script import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    device = set_up(params.train.device, params.train.threads)
    predictor = load(MODELS / name, device)
    report, predicted = part("targets", params.target, "evaluate", "stage").evaluate(
        predictor,
        PREPARED / name / "test.npz",
        show=part_if_any("inputs", params.input, "show", reading(params.target)),
        baselines=read_table(BASELINES / f"{name}.parquet", sealed=True),
        history=read_history(METRICS / name / "history.csv"),
        plots=METRICS / name / "plots",
        pages=PREDICTIONS / name,
        seed=seed,
    )
    write_table(PREDICTIONS / name / "test.parquet", predicted)
    parameters = sum(parameter.numel() for parameter in predictor.model.parameters())
    evaluated_on = fingerprint(device, params.train.threads, "fp32")
    scores = contents(report, parameters, predictor.fingerprint, evaluated_on)
    write_json(METRICS / name / "test.json", scores)
    headline = report.headline.name
    print(f"{headline} {report.scores[headline]} on {report.units:,} of test")


if __name__ == "__main__":
    run(main, __doc__)
