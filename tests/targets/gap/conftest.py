"""A table of hours with gaps, prepared as the stages do it, and a model of it."""

from types import SimpleNamespace

import pytest
import torch

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.section import check
from kassandra.inputs.series.prepare import gaps as reader
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.targets.gap.prepare.stage import prepare
from kassandra.training.folder import build
from kassandra.training.pair import Pair
from tests.targets.gap.hours import hours, write

SOURCE = {"path": "table.csv", "time": "when", "target": ["a", "b"], "frequency": "h"}
PREPARE = {"window": 60, "longest": 12, "seasons": [24], "calendar": ["hour"], "rounds": 2}


@pytest.fixture
def prepared(tmp_path):
    """Writes a table and prepares it; gives params, meta, the pair and its splits."""

    def prepared(values=None, source=None, prepare_keys=None, model=None, name="one", **train):
        folder = tmp_path / name
        values = hours(1500) if values is None else values
        write(folder / "raw" / "table.csv", values)
        section = {"input": "series", "target": "gap", "source": SOURCE | (source or {})}
        section |= {"prepare": PREPARE | (prepare_keys or {}), "train": train}
        section["model"] = {"variant": "bidirectional", "hidden_size": 6, **(model or {})}
        params = check(pipeline_of("series", "gap"), section, "mine")
        out = folder / "prepared"
        message = prepare(reader, folder / "raw", out, params, 0)
        meta = read_json(out / "meta.json")
        pair = Pair.of("series", "gap", meta, torch.device("cpu"))
        splits = {split: pair.read(out / f"{split}.npz") for split in ("train", "valid", "test")}
        torch.manual_seed(0)
        return SimpleNamespace(
            params=params, meta=meta, pair=pair, splits=splits, folder=out, message=message,
            model=build("gap", meta, params.model),
        )  # fmt: skip

    return prepared


@pytest.fixture
def table():
    return write
