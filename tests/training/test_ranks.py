"""Several processes train as one does that accumulates the gradients of shares of its batches."""

import itertools
import os
import socket
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from safetensors.torch import load_file
from torch import distributed

from kassandra.contracts.artifacts import read_json
from kassandra.lstm.batch import Batch
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.training.folder import build
from kassandra.training.pair import Pair
from kassandra.training.ranks import ALONE, Learned, add_gradients, joined, loss_of, share
from tests.faults.pairs import PAIRS, PARAMS, SLICES, write
from tests.training.ranked import trainings

CPU = torch.device("cpu")
MOST = 12  # batches of an epoch: all of a text, of whose parts the last one ends before the others
REGULARISED = {"activation_regularisation": 2.0, "temporal_regularisation": 1.0, "window": 100}


@given(rows=st.integers(1, 40), parts=st.integers(1, 9))
def test_shares_are_the_batch(rows, parts):
    """Each row once, in order; shares differ by a row at most, and one without rows is None."""
    batch = Batch(torch.arange(rows)[:, None], torch.arange(rows), torch.arange(rows), begins=False, state=["kept"])
    shares = [share(batch, part, parts) for part in range(parts)]
    sizes = [0 if each is None else len(each.targets) for each in shares]
    assert max(sizes) - min(sizes) <= 1
    some = [each for each in shares if each is not None]
    for field in ("inputs", "lengths", "targets"):
        assert torch.equal(torch.cat([getattr(each, field) for each in some]), getattr(batch, field))
    assert all(torch.equal(each.counted, batch.targets) for each in some)
    assert all((each.begins, each.state, each.unit) == (False, ["kept"], None) for each in some)


@pytest.fixture(params=PAIRS)
def lesson(request, root, prepare, tmp_path):
    """A small pair, its new model, and the batches of an epoch."""
    input, target = request.param.split("-")
    section = YAML(typ="safe").load(PARAMS[request.param])
    section["model"].pop("pretrain", None)
    section["train"] |= REGULARISED if target == "next" else {}
    keys, source = section["prepare"], section["source"]
    if request.param in SLICES:
        raw = root / "tests" / "data" / SLICES[request.param]
    else:
        write(request.param, tmp_path / "mine")
        raw = tmp_path / "mine"
    torch.manual_seed(0)
    prepare(input, target, raw, tmp_path / "prepared", source=source, **keys)
    meta = read_json(tmp_path / "prepared" / "meta.json")
    params = pipeline_of(input, target).model_validate({"input": input, "target": target, **section})
    pair = Pair.of(input, target, meta, CPU)
    train_split, valid_split = (pair.read(tmp_path / "prepared" / f"{name}.npz") for name in ("train", "valid"))
    model = build(target, meta, params.model)
    pair.begin(model, train_split, valid_split)
    batches = pair.train_batches(train_split, params.train, torch.Generator().manual_seed(0))
    return SimpleNamespace(pair=pair, model=model, params=params.train, batches=batches)


def gradients(model):
    return {name: each.grad.clone() for name, each in model.named_parameters() if each.grad is not None}


@pytest.mark.slow
def test_parts_of_a_batch_add_up_to_it(lesson):
    """Of each pair, in as many parts as rows and more too, and where a text goes on; without dropout, which differs."""
    model, pair, how = lesson.model.eval(), lesson.pair, lesson.params
    states, whole_state = {2: [None] * 2, 3: [None] * 3, 99: [None] * 99}, None
    for batch in itertools.islice(lesson.batches, MOST):
        model.zero_grad()
        whole = loss_of(model, pair, batch._replace(state=whole_state), how)
        (whole.loss / whole.units).backward()
        expected, whole_state = gradients(model), whole.state
        for parts, before in states.items():
            model.zero_grad()
            own = [
                add_gradients(model, pair, batch._replace(state=before[part]), how, part, parts, (0, 0))
                for part in range(parts)
            ]
            states[parts] = [each.state for each in own]
            assert sum(each.units for each in own) == whole.units
            assert float(sum(each.loss for each in own)) == pytest.approx(whole.loss.item(), rel=1e-5)
            assert gradients(model).keys() == expected.keys()
            for name, value in gradients(model).items():
                np.testing.assert_allclose(value / whole.units, expected[name], rtol=0, atol=1e-6, err_msg=name)


class InOne:
    """What `parts` ranks do, in one process, which accumulates."""

    rank, first = 0, True

    def __init__(self, parts):
        self.size = self.parts = parts

    def learn(self, model, lesson, batch, params, seeds):
        states = batch.state or [None] * self.parts
        own = [
            add_gradients(model, lesson, batch._replace(state=states[part]), params, part, self.parts, seeds)
            for part in range(self.parts)
        ]
        units = sum(each.units for each in own)
        for each in model.parameters():
            each.grad = None if each.grad is None else each.grad / units
        return Learned(sum(each.loss for each in own), units, [each.state for each in own])

    def same_weights(self, model): ...

    def same_file(self, path): ...

    def of_first(self, make):
        return make()


def started(paths, rank, size, port):
    environment = {
        "RANK": rank,
        "LOCAL_RANK": rank,
        "WORLD_SIZE": size,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.ranked", *map(str, paths)], text=True, stderr=subprocess.STDOUT,
        env=os.environ | {name: str(value) for name, value in environment.items()}, stdout=subprocess.PIPE,
    )  # fmt: skip


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.slow
def test_ranks_train_as_one_process_that_accumulates(prepared, prepared_shakespeare, tmp_path, cpu):
    """With dropout, distortion, clipping, shares that are empty, and a state that each rank carries on; all ranks end
    with the same bytes, and the first one alone prints and writes checkpoints."""
    size, paths = 3, (prepared, prepared_shakespeare, tmp_path)
    port = free_port()
    processes = [started(paths, rank, size, port) for rank in range(size)]
    printed = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * size, printed
    assert printed[0].count("epoch ") == 4
    assert printed[1:] == [""] * (size - 1)
    assert {path.name for path in tmp_path.glob("checkpoint*")} == {"checkpoint-images-0", "checkpoint-text-0"}
    (tmp_path / "one").mkdir()
    for name, expected in trainings(prepared, prepared_shakespeare, tmp_path / "one", InOne(size)):
        files = [tmp_path / f"{name}-{size}-{rank}.safetensors" for rank in range(size)]
        assert len({file.read_bytes() for file in files}) == 1, name
        weights = load_file(files[0])
        for key, value in expected.weights.items():
            torch.testing.assert_close(weights[key], value, rtol=0, atol=1e-6, msg=f"{name}: {key}")


def test_alone_there_is_nothing_to_meet(monkeypatch, tmp_path):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    with joined() as ranks:
        assert ranks is ALONE
        assert not distributed.is_initialized()
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")  # of torchrun with a single process
    with joined() as ranks:
        assert ranks is ALONE
    assert not distributed.is_initialized()
    assert ranks.of_first(lambda: {"loss": 1.5}) == {"loss": 1.5}
    assert [ranks.lowest(precision) for precision in ("fp32", "bf16")] == ["fp32", "bf16"]
    ranks.wait()
    ranks.require_same("any")
    ranks.require_device(torch.device("cuda"))
    file = tmp_path / "kept"
    file.touch()
    ranks.same_file(file)
    assert file.exists()
