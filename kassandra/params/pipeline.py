"""params.yaml: read, checked, and refused with one sentence per mistake before any work starts."""

import importlib
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kassandra.contracts import yaml
from kassandra.contracts.errors import KassandraError
from kassandra.params.model import ModelParams
from kassandra.params.section import Section, check, shown, unknown

LARGEST = 500_000  # bytes of a params file: of more than a thousand pipelines
NAME = re.compile(r"[^\W_][\w .-]*")  # of a pipeline: of its folders too
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Source(Section):
    """Where the data come from: `dataset`, an entry of the catalogue, or `path`, one's own file or folder."""

    dataset: str | None = Field(None, min_length=1)
    path: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def one_place(self) -> Self:
        if (self.dataset is None) == (self.path is None):
            raise ValueError("give either 'dataset' (an entry of the catalogue) or 'path' (your own data)")
        return self


class Train(Section):
    """The training loop, the same for every task.

    epochs: passes over the train split.
    learning_rate: the peak of the schedule.
    schedule: `triangular` rises linearly over `warmup` of the steps and falls linearly to 0; `one-cycle` does so on
        cosine flanks from 1/25 of the peak; `cosine` falls from the peak at once; `constant` stays.
    beta2, weight_decay: of AdamW (Loshchilov & Hutter 2019); weight_decay 0 is Adam.
    clip: largest norm of the gradient; null does not clip.
    patience: epochs without a better validation loss before training stops; null never stops early.
    keep: `best` keeps the weights of the epoch with the lowest validation loss, `last` those of the last epoch.
    precision: `bf16` computes matrix products in bfloat16 (autocast), weights stay fp32.
    device: `auto` takes CUDA where there is one.
    threads: CPU threads; part of what decides the bits of the result. oneDNN's LSTM hardly uses a second one: measure.
    """

    epochs: int = Field(5, ge=1, le=1_000_000)
    learning_rate: float = Field(1e-3, gt=0, lt=10)
    schedule: Literal["triangular", "one-cycle", "cosine", "constant"] = "triangular"
    warmup: float = Field(0.3, ge=0, lt=1)
    beta2: float = Field(0.99, gt=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    clip: float | None = Field(1.0, gt=0)
    patience: int | None = Field(None, ge=1)
    keep: Literal["best", "last"] = "best"
    precision: Literal["fp32", "bf16"] = "fp32"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(1, ge=1, le=256)

    @model_validator(mode="after")
    def warmup_is_used(self) -> Self:
        if "warmup" in self.model_fields_set and self.schedule in ("cosine", "constant"):
            raise ValueError(f"schedule {self.schedule!r} does not use 'warmup'; 'triangular' and 'one-cycle' do")
        return self


class Pipeline(Section):
    """What every pipeline has; kassandra/contracts/tasks/<task>.py narrows it to what the task knows."""

    task: str
    source: Source
    prepare: Section
    model: ModelParams
    train: Train


# One module per task; its name is the value of `task` in params.yaml.
TASKS = sorted(path.stem for path in Path(__file__).with_name("tasks").glob("[a-z]*.py"))


def pipeline_of(task: str) -> type[Pipeline]:
    """The sections of a task in TASKS."""
    module = importlib.import_module(f"kassandra.params.tasks.{task}")
    kind: type[Pipeline] = module.Pipeline
    return kind


class Seed(Section):
    """What stands beside `pipelines:`. Every random draw of every stage follows from it."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


def read_pipeline(name: str, path: Path = Path("params.yaml")) -> tuple[Pipeline, int]:
    """The checked section `pipelines.<name>` of a params file, and its seed.

    Raises:
        KassandraError: the file cannot be read, has no such pipeline, or a value is unknown, of the wrong type, out of
            range or unused by its variant; all mistakes are listed, one line each.
    """
    tree = _load(path)
    if stray := [key for key in tree if key not in ("seed", "pipelines")]:
        raise KassandraError(unknown(str(path), "key", stray[0], ["seed", "pipelines"]))
    seed = check(Seed, {key: tree[key] for key in ("seed",) if key in tree}, "").seed
    pipelines = tree.get("pipelines")
    if not isinstance(pipelines, dict):
        raise KassandraError(f"{path}: 'pipelines' must hold one section per pipeline, got {shown(pipelines)}")
    if not NAME.fullmatch(name):
        raise KassandraError(
            f"{path}: {shown(name)} cannot be the name of a pipeline, as files are named after it; use letters, "
            "digits, spaces and . _ -, and begin with none of the last three"
        )
    if name not in pipelines:
        raise KassandraError(unknown(str(path), "pipeline", name, pipelines))
    section, where = pipelines[name], f"pipelines.{name}"
    if not isinstance(section, dict) or "task" not in section:
        raise KassandraError(f"{where}: key 'task' is missing; tasks are {TASKS}")
    task = section["task"]
    if not isinstance(task, str) or task not in TASKS:
        raise KassandraError(unknown(f"{where}.task", "task", task, TASKS))
    return check(pipeline_of(task), section, where), seed


def _load(path: Path) -> dict[str, object]:
    tree = yaml.read(path, "run this in the root of the repository", LARGEST, for_dvc=True)
    if not isinstance(tree, dict):
        raise KassandraError(f"{path}: expected the keys 'seed' and 'pipelines', got {shown(tree)}")
    return tree
