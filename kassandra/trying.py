"""A quick trial of a pipeline before a long training: all stages on a hundredth of its data, and eight examples learned
by heart. The stages' own functions, in a folder of their own; nothing of the project changes."""

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kassandra.contracts import yaml
from kassandra.contracts.artifacts import PREPARED, RAW, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Examples, Pairs
from kassandra.contracts.kinds import part
from kassandra.contracts.stream import Texts
from kassandra.contracts.windows import Tables
from kassandra.notebook import NAME, STAGES, run, stage_main, working_in
from kassandra.params.sections.pipeline import read_pipeline, reading

SHARE = 0.01  # of the examples
LEAST, OF_EACH = 200, 10  # examples, and of each label; more are never taken than there are
CHARACTERS = 30_000  # of a text, at least
FEW, STEPS, SECONDS = 8, 400, 8.0  # examples to learn by heart, in at most so many steps and seconds of a processor
WINDOW = 16  # tokens of a text, of each example
LEARNED = 0.1  # of the first loss: below, the examples are known by heart


class Fit(NamedTuple):
    """Of a few examples: the loss before and after so many steps."""

    examples: int
    steps: int
    first: float
    last: float

    @property
    def learned(self) -> bool:
        return self.last < LEARNED * abs(self.first)

    @property
    def cut_short(self) -> bool:
        """By the clock."""
        return self.steps < STEPS


def try_out(name: str, say: Callable[[str], None]) -> Fit:
    """
    Raises:
        KassandraError: params.yaml or the data are refused, or a stage fails, as it would in the project.
    """
    params, seed = read_pipeline(name)
    raw = (RAW / name).absolute()
    if not raw.is_dir() and params.source.dataset:
        raise KassandraError(f"{raw}: is not there yet; `dvc repro download@{name}` fetches it, then try again")
    tree: Any = yaml.read(Path("params.yaml"), "", for_dvc=True)
    section = _quick(tree["pipelines"][name])
    fetched = raw.is_dir()
    data = raw if fetched else str(params.source.path)
    with tempfile.TemporaryDirectory(prefix="kassandra-try-") as folder:
        home = Path(folder).resolve()
        mains = {stage: _timed(stage, stage_main(stage), say) for stage in STAGES}
        mains["prepare"] = _timed("prepare", _prepare_some, say)
        run(section, data, home, seed=seed, fetched=fetched, mains=mains)
        started = time.perf_counter()
        with working_in(home):
            fit = learn_by_heart(seed)
        say(f"{fit.examples} examples by heart: {time.perf_counter() - started:.1f} s")
    return fit


def _quick(section: dict[str, Any]) -> dict[str, Any]:
    """One epoch of one member, of pretraining too."""
    model = dict(section.get("model") or {})
    if isinstance(model.get("pretrain"), dict):
        model["pretrain"] = {**model["pretrain"], "epochs": 1, "seeds": 1}
    train = {**(section.get("train") or {}), "epochs": 1, "seeds": 1}
    return {**section, "model": model, "train": train}


def _timed(stage: str, main: Callable[[str], None], say: Callable[[str], None]) -> Callable[[str], None]:
    def timed(name: str) -> None:
        started = time.perf_counter()
        main(name)
        say(f"{stage}: {time.perf_counter() - started:.1f} s")

    return timed


def _prepare_some(name: str) -> None:
    """As stages/prepare.py does it, of some of the data."""
    params, seed = read_pipeline(name)
    own = part("inputs", params.input, "prepare", reading(params.input, params.target))
    target = part("targets", params.target, "prepare", "stage")
    print(target.prepare(_Some(own, seed), RAW / name, PREPARED / name, params, seed))


class _Some:
    """A reader of raw data that reads them all and gives some."""

    def __init__(self, reader: Any, seed: int) -> None:
        self._reader, self._seed = reader, seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def read(self, *given: Any) -> Any:
        return some(self._reader.read(*given), self._seed)


def some(data: Any, seed: int) -> Any:
    """A hundredth of what an input has read, and not too little to work with; all of it, where it is of a kind that
    nobody here knows."""
    if isinstance(data, Examples):
        return _of_rows(data, _rows(data, seed), len(data.labels))
    if isinstance(data, Pairs):
        return data._replace(parts={name: _first(pairs, seed) for name, pairs in data.parts.items()})
    if isinstance(data, Texts):
        parts = {name: text[: max(CHARACTERS, int(SHARE * len(text)))] for name, text in data.parts.items()}
        return data._replace(parts=parts)
    if isinstance(data, Tables):
        return data._replace(series=data.series[:1])
    if isinstance(getattr(data, "examples", None), Examples):  # with more of each example beside
        rows, count = _rows(data.examples, seed), len(data.examples.labels)
        return _of_rows(data, rows, count, examples=_of_rows(data.examples, rows, count))
    return data


def _rows(examples: Examples, seed: int) -> NDArray[np.intp]:
    """Numbers of some examples: of each label and split a few, and at random up to a hundredth; in their order."""
    count = len(examples.labels)
    order = np.random.default_rng(seed).permutation(count)
    splits = [np.zeros(count, bool) if part is None else np.asarray(part) for part in (examples.valid, examples.test)]
    seen: dict[Any, int] = {}
    chosen = []
    for row in order.tolist():
        key = (examples.labels[row], bool(splits[0][row]), bool(splits[1][row]))
        if seen.setdefault(key, 0) < OF_EACH and len(seen) <= LEAST:
            seen[key] += 1
            chosen.append(row)
    more = max(LEAST, int(SHARE * count)) - len(chosen)
    chosen += np.setdiff1d(order, chosen)[: max(more, 0)].tolist() if more > 0 else []
    return np.sort(np.array(chosen, np.intp))


def _of_rows(data: Any, rows: NDArray[np.intp], count: int, **given: Any) -> Any:
    """A dataclass of which some fields hold one thing for each of `count` examples."""
    changed = dict(given)
    for field in dataclasses.fields(data):
        value = getattr(data, field.name)
        if field.name in changed or value is None or isinstance(value, str | dict):
            continue
        if hasattr(value, "__len__") and len(value) == count and field.name != "classes":
            if isinstance(value, np.ndarray):
                changed[field.name] = value[rows]
            elif hasattr(value, "take"):
                changed[field.name] = value.take(rows)
            else:
                changed[field.name] = [value[row] for row in rows.tolist()]
    return dataclasses.replace(data, **changed)


def _first(pairs: dict[Any, str], seed: int) -> dict[Any, str]:
    count = min(len(pairs), max(3 * LEAST, int(SHARE * len(pairs))))
    rows = set(np.random.default_rng(seed).permutation(len(pairs))[:count].tolist())
    return {pair: name for row, (pair, name) in enumerate(pairs.items()) if row in rows}


def learn_by_heart(seed: int) -> Fit:
    """Train a new model on eight examples of the prepared data, without dropout and label smoothing: its loss goes to
    nothing where inputs, model, loss and answers fit together (PITFALLS 5)."""
    import torch

    from kassandra.training.folder import build
    from kassandra.training.pair import Pair

    params, _ = read_pipeline(NAME)
    meta = read_json(PREPARED / NAME / "meta.json")
    pair = Pair.of(params.input, params.target, meta, torch.device("cpu"))
    torch.manual_seed(seed)
    model = build(params.target, meta, params.model).eval()  # on the CPU gradients need no other mode
    split, how = pair.read(PREPARED / NAME / "train.npz"), params.train
    if hasattr(how, "label_smoothing"):  # whose loss never goes to nothing
        how = how.model_copy(update={"label_smoothing": 0.0})
    generator = torch.Generator().manual_seed(seed)
    rows = next(iter(pair.sequences.shuffled(split.inputs, how, generator, pair.target.lengths(split.targets))))[:FEW]
    if np.ndim(rows) == 2:  # places of a text that are read side by side: not all of a window
        rows = rows[:, :WINDOW]
    batch = pair.target.batch(split.targets, rows, *pair.sequences.batch(split.inputs, rows))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    started, first, last, steps = time.process_time(), 0.0, 0.0, 0
    for steps in range(1, STEPS + 1):
        total, units, _ = pair.loss(model, batch, how)
        loss = total / units
        last = float(loss.detach())
        first = first if steps > 1 else last
        if last < LEARNED / 10 * abs(first) or time.process_time() - started > SECONDS:
            break
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return Fit(len(rows), steps, first, last)
