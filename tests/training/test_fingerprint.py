"""PITFALLS 18: what decides the bits is set, and recorded."""

import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from kassandra.contracts.errors import KassandraError
from kassandra.training import fingerprint as module
from kassandra.training.fingerprint import fingerprint, precision_here, set_up

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def put_back():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    module._instructions.cache_clear()
    module.precision_here.cache_clear()


def test_fields():
    made_on = fingerprint(CPU, 2, "bf16")
    assert list(made_on) == ["torch", "device", "instructions", "threads", "precision"]
    assert all(isinstance(value, str) and value for value in made_on.values())
    assert (made_on["torch"], made_on["device"]) == (torch.__version__, "cpu")
    assert (made_on["threads"], made_on["precision"]) == ("2", "bf16")
    assert torch.backends.cpu.get_cpu_capability() in made_on["instructions"]


def test_equal_on_the_same_machine():
    assert fingerprint(CPU, 2, "fp32") == fingerprint(CPU, 2, "fp32")
    assert fingerprint(CPU, 3, "fp32") != fingerprint(CPU, 2, "fp32") != fingerprint(CPU, 2, "bf16")


@pytest.mark.parametrize("name", ["ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "MKL_CBWR"])
def test_what_chooses_other_kernels_is_in_it(monkeypatch, name):
    monkeypatch.delenv(name, raising=False)
    before = fingerprint(CPU, 2, "fp32")["instructions"]
    module._instructions.cache_clear()
    monkeypatch.setenv(name, "AVX2")
    assert fingerprint(CPU, 2, "fp32")["instructions"] == f"{before} {name}=AVX2"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_repeatable_algorithms(threads):
    assert set_up("cpu", threads) == CPU
    assert torch.get_num_threads() == threads
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(("asked", "there", "taken"), [
    ("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu"), ("cpu", False, "cpu"), ("cuda", True, "cuda"),
])  # fmt: skip
def test_device(monkeypatch, asked, there, taken):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert set_up(asked, 1) == torch.device(taken)


def test_cuda_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    text = r"^train.device: 'cuda' is asked for, but PyTorch sees no CUDA device; use 'auto' or 'cpu'$"
    with pytest.raises(KassandraError, match=text):
        set_up("cuda", 1)


def test_bf16_where_the_processor_cannot_train_in_it(monkeypatch, capsys):
    """PITFALLS 35: oneDNN's LSTM raises without AVX-512. It is printed once, and the fingerprint says what was used."""

    def refuse(*_):
        raise RuntimeError("could not create a primitive descriptor for the LSTM forward propagation primitive")

    precision_here.cache_clear()
    assert precision_here(CPU, "fp32") == "fp32"
    assert not capsys.readouterr().out
    monkeypatch.setattr(nn.LSTM, "forward", refuse)
    for _ in range(2):
        assert precision_here(CPU, "bf16") == "fp32"
    sentence = "train.precision: this processor cannot train an LSTM in bf16 (no AVX-512); fp32 is used instead\n"
    assert capsys.readouterr().out == sentence
    assert fingerprint(CPU, 1, precision_here(CPU, "bf16"))["precision"] == "fp32"


@pytest.mark.slow
@pytest.mark.skipif("AVX" not in torch.backends.cpu.get_cpu_capability(), reason="there are no other kernels to choose")
def test_in_a_process_with_other_kernels(root):
    """With AVX2 alone bf16 falls back to fp32: by the overrides that PyTorch and oneDNN themselves read."""
    code = (
        "import torch, kassandra.training.fingerprint as f; cpu = torch.device('cpu'); "
        "print(f.fingerprint(cpu, 1, f.precision_here(cpu, 'bf16')))"
    )
    overrides = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=root, env=os.environ | overrides, capture_output=True, text=True, check=True)
    sentence, made_on = done.stdout.splitlines()
    assert sentence.endswith("this processor cannot train an LSTM in bf16 (no AVX-512); fp32 is used instead")
    assert " AVX2 " in made_on
    assert " ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2'" in made_on
    assert made_on.endswith("'precision': 'fp32'}")
