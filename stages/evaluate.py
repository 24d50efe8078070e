"""data/models/<pipeline>/ and the test split → metrics/<pipeline>/ (scores, pictures) and data/predictions/."""

import time
from dataclasses import replace

import pandas as pd

from kassandra.contracts.artifacts import BASELINES, METRICS, MODELS, PREDICTIONS, PREPARED, write_json
from kassandra.contracts.kinds import part, part_if_any
from kassandra.contracts.tables import Columns, write_table
from kassandra.inference import load
from kassandra.judging.figures import read_history
from kassandra.judging.judge import contents
from kassandra.params.sections.pipeline import read_pipeline, reading
from kassandra.training.advice import against_baselines, of_training
from kassandra.training.fingerprint import fingerprint, set_up
from stages import pipeline_of_dvc, run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    device = set_up(params.train.device, params.train.threads)
    started, predictor = time.perf_counter(), load(MODELS / name, device)
    print(f"Members that predict test: {len(predictor.models)}; then intervals, baselines, pictures", flush=True)
    history = read_history(METRICS / name / "history.csv")
    report, members, together = part("targets", params.target, "evaluate", "stage").evaluate(
        predictor,
        PREPARED / name / "test.npz",
        show=part_if_any("inputs", params.input, "show", reading(params.input, params.target)),
        baselines=Columns(BASELINES / f"{name}.parquet"),
        history=history,
        plots=METRICS / name / "plots",
        pages=PREDICTIONS / name,
        how=params.evaluate,
        seed=seed,
    )
    report = replace(report, cautions=(*of_training(history, report), *report.cautions))
    seeds = predictor.seeds or [seed]
    by_seed = [table.assign(seed=each) for each, table in zip(seeds, members, strict=True)]
    write_table(PREDICTIONS / name / "test.parquet", pd.concat(by_seed, ignore_index=True))
    write_table(PREDICTIONS / name / "together.parquet", together)
    parameters = sum(parameter.numel() for parameter in predictor.models[0].parameters())
    evaluated_on = fingerprint(device, params.train.threads, "fp32")
    scores = contents(report, parameters, predictor.fingerprint, evaluated_on)
    write_json(METRICS / name / "test.json", scores)
    headline = report.headline.name
    means = f", the mean of {len(members)} members; {report.together[headline]} together" * (len(members) > 1)
    print(f"Evaluated in {time.perf_counter() - started:.1f} s")
    for line in against_baselines(pipeline_of_dvc() or None, params, report):
        print(line)
    print(f"{headline} {report.scores[headline]} on {report.units:,} of test{means}")


if __name__ == "__main__":
    run(main, __doc__)
