"""What decides the bits of a trained model besides params, data and code, and setting it before work starts."""

import os
import platform
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from kassandra.contracts.errors import KassandraError


def set_up(device: str, threads: int) -> torch.device:
    """Choose the device and the thread count, and switch on what PyTorch offers towards equal bits.

    Raises:
        KassandraError: `cuda` is asked for and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise KassandraError("train.device: 'cuda' is asked for, but PyTorch sees no CUDA device; use 'auto' or 'cpu'")
    torch.set_num_threads(threads)  # another count splits sums elsewhere and so gives other bits
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms() would import a compiler: one second
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # costs up to 10%
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


Precision = Literal["fp32", "bf16"]


@cache
def precision_here(device: torch.device, asked: Precision) -> Precision:
    """The precision that training uses on this machine: `asked`, but fp32 where the processor cannot train in bf16.

    oneDNN's LSTM refuses bfloat16 on processors without AVX-512. That is printed, and the fingerprint says fp32.
    """
    if asked == "fp32" or device.type != "cpu":
        return asked
    layer, inputs = nn.LSTM(1, 1, batch_first=True), torch.zeros(1, 1, 1)
    try:
        with torch.autocast("cpu", torch.bfloat16):
            layer(inputs)[0].float().sum().backward()
    except RuntimeError:
        reason = "this processor cannot train an LSTM in bf16 (no AVX-512); fp32 is used instead"
        print(f"train.precision: {reason}", flush=True)
        return "fp32"
    return asked


def fingerprint(device: torch.device, threads: int, precision: str, ranks: int = 1) -> dict[str, str]:
    """Equal fingerprints, params, data and code must give equal bytes; unequal ones are compared within a tolerance.

    ranks: processes that train together; see kassandra.training.ranks.
    """
    return {
        "torch": torch.__version__,
        "device": "cpu" if device.type == "cpu" else torch.cuda.get_device_name(device),
        "instructions": _instructions(),
        "threads": str(threads),
        "precision": precision,
    } | ({"ranks": str(ranks)} if ranks > 1 else {})


@cache
def _instructions() -> str:
    """What PyTorch, oneDNN and MKL choose their kernels by: vendor, capability, extensions, overrides."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    known = {key.strip(): value.split() for key, _, value in (line.partition(":") for line in lines)}
    vendor = " ".join(known.get("vendor_id", [platform.machine()]))
    wide = [flag for flag in ("avx512_bf16", "avx512_fp16", "amx_bf16") if flag in known.get("flags", [])]
    overrides = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR")
    chosen = [f"{name}={os.environ[name]}" for name in overrides if name in os.environ]
    return " ".join([vendor, torch.backends.cpu.get_cpu_capability(), *wide, *chosen])
