"""Initial recurrent weights: orthogonal, and the same on every processor."""

import os
import subprocess
import sys

import pytest
import torch

from kassandra.lstm.layers import GATES, VanillaLSTM, orthogonal


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 7, 64, 257])
def test_orthogonal_within_rounding(size):
    torch.manual_seed(size)
    weights = orthogonal(size)
    assert (weights.dtype, weights.shape) == (torch.float32, (size, size))
    torch.testing.assert_close(weights.double() @ weights.double().T, torch.eye(size).double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("cell", GATES)
def test_each_gate_is_orthogonal_and_another_one(cell):
    torch.manual_seed(0)
    U = dict(VanillaLSTM(3, 9, cell).recurrence.named_parameters())["weight_hh_l0"].detach()
    gates = U.view(GATES[cell], 9, 9).double()
    for gate in gates:
        torch.testing.assert_close(gate @ gate.T, torch.eye(9).double(), rtol=0, atol=1e-5)
    assert len({gate.numpy().tobytes() for gate in gates}) == GATES[cell]


def test_the_seed_of_pytorch_decides():
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append((orthogonal(5), torch.rand(1)))
    (one, rest), (same, rest_again), (other, _) = drawn
    assert torch.equal(one, same)
    assert torch.equal(rest, rest_again)
    assert not torch.equal(one, other)


def test_uniform_over_all_orthogonal_matrices():
    """Mezzadri (2007): without the signs of R, the diagonal of Q would lean to one side; and both halves occur."""
    torch.manual_seed(0)
    drawn = torch.stack([orthogonal(3) for _ in range(2000)]).double()
    assert drawn.mean(0).abs().max() < 0.06  # of entries of variance 1/3: 4.6 deviations of the mean
    torch.testing.assert_close(drawn.square().mean(0), torch.full((3, 3), 1 / 3).double(), rtol=0, atol=0.04)
    assert 0.45 < (drawn.det() > 0).double().mean() < 0.55


PROGRAM = """
import hashlib, torch
from kassandra.lstm.layers import VanillaLSTM
torch.manual_seed(4)
recurrent, every = hashlib.sha256(), hashlib.sha256()
for cell in ("lstm", "gru", "rnn"):
    for name, parameter in VanillaLSTM(17, 70, cell).named_parameters():
        every.update(parameter.detach().numpy().tobytes())
        if "weight_hh" in name:
            recurrent.update(parameter.detach().numpy().tobytes())
print(recurrent.hexdigest(), every.hexdigest())
"""
PROCESSORS = {
    "as it is": {},
    "MKL as on any": {"MKL_CBWR": "COMPATIBLE"},
    "PyTorch with AVX2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "OpenBLAS of another": {"OPENBLAS_CORETYPE": "Nehalem"},
    "one thread": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    "PyTorch without vectors": {"ATEN_CPU_CAPABILITY": "default"},
}


@pytest.mark.slow
def test_no_instruction_set_changes_a_bit(root):
    """But that input weights, which PyTorch draws evenly, are rounded another way without AVX2 (no fused multiply-add).
    Processors that have none are of before 2013."""
    digests = {}
    for name, variables in PROCESSORS.items():
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=root, env=os.environ | {"PYTHONPATH": str(root)} | variables,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests[name] = done.stdout.split()
    assert len({recurrent for recurrent, _ in digests.values()}) == 1, digests
    del digests["PyTorch without vectors"]
    assert len({every for _, every in digests.values()}) == 1, digests
