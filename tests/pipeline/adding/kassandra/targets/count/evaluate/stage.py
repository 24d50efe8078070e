"""Evaluation of counts on the test split."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kassandra.targets.count.evaluate.scores import RESAMPLING, SCORES

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.judging import figures
from kassandra.judging.judge import judge


def evaluate(
    predictor: Any, test: Path, show: Any, baselines: pd.DataFrame, history: pd.DataFrame, plots: Path, pages: Path,
    how: Any, seed: int,
) -> Any:  # fmt: skip
    arrays = map_arrays(test)
    targets = np.array(arrays["counts"])
    ids = example_ids(arrays, len(targets))
    table = pd.DataFrame({"example": ids, "target": targets})
    rates = predictor.of_members(predictor.pair.read(test))
    members = [table.assign(predicted=each) for each in rates]
    joint = table.assign(predicted=np.mean(rates, axis=0))
    others = {str(name): table.assign(predicted=baselines[name].to_numpy()) for name in baselines}
    figures.learning_curves(history, SCORES, plots / "learning_curves.png")
    return judge(SCORES, members, joint, others, RESAMPLING, seed), members, joint
