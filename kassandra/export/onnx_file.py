"""A graph as an ONNX file: written by PyTorch's TorchScript exporter, checked, and put into 8 bits.

The exporter is the one that traces (`dynamo=False`): it keeps an LSTM one operator, of any batch and any time, and
needs no further package. The newer one froze the axis of time in all but the first export of a process (PyTorch 2.13).
Tracing could bake a size in as well, so the axes of the file are compared with those that were declared, and its
outputs with PyTorch's at several sizes.
"""

import json
import logging
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from kassandra.contracts.artifacts import whole
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.graph import Arrays, Graph, named

OPSET = 17
KEY = "kassandra"  # of the metadata, JSON
TOLERANCE = 1e-4  # of numbers up to 1, and of that share of larger ones; rounding alone gives 1e-7 to 1e-5
TRACED = {"batch": 3, "time": 7, "steps": 2}  # sizes of the example that is traced: none is 1, which could be baked in
# Sizes at which outputs are compared.
SIZES = [(1, 1), (1, 20), (2, 7), (5, 13), (3, 64), (4, 130)]
ort.set_default_logger_severity(3)


def write(graph: Graph, path: Path, about: Mapping[str, Any]) -> float:
    """Writes the file, `about` into its metadata; returns the largest difference from PyTorch, see `parity`.

    Raises:
        KassandraError: an axis was frozen, or outputs differ.
    """
    example = graph.example(TRACED, np.random.default_rng(0))
    inputs = tuple(torch.from_numpy(np.array(example[name])) for name in graph.inputs)
    with whole(path) as partial:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter(
                "ignore"
            )  # that this exporter is the older one, and what it warns of is compared below
            torch.onnx.export(
                graph.module.eval(), inputs, str(partial), input_names=list(graph.inputs),
                output_names=list(graph.outputs), dynamic_axes=named({**graph.inputs, **graph.outputs}),
                opset_version=OPSET, dynamo=False,
            )  # fmt: skip
        model = onnx.load(partial)
        onnx.helper.set_model_props(model, {KEY: json.dumps(about, ensure_ascii=False)})
        model.producer_name = "kassandra"
        onnx.checker.check_model(model)
        onnx.save(model, partial)
        _check_axes(graph, model, path)
        return parity(graph, session(partial), path)


def session(path: Path, threads: int = 1) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(opened: ort.InferenceSession, given: Arrays) -> Arrays:
    names = [output.name for output in opened.get_outputs()]
    return dict(zip(names, map(np.asarray, opened.run(None, given)), strict=True))


def _check_axes(graph: Graph, model: onnx.ModelProto, path: Path) -> None:
    declared = {**graph.inputs, **graph.outputs}
    for value in [*model.graph.input, *model.graph.output]:
        axes = [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        wanted = declared.get(value.name, ())
        frozen = [name for name, axis in zip(wanted, axes, strict=False) if isinstance(name, str) and name != axis]
        if frozen or (value in model.graph.input and len(axes) != len(wanted)):
            raise KassandraError(
                f"{path}: {value.name!r} has the axes {axes}, not {list(wanted)}; this PyTorch froze them"
            )
    if [value.name for value in model.graph.input] != list(graph.inputs):
        raise KassandraError(f"{path}: the exported inputs are not {list(graph.inputs)}; this PyTorch dropped one")


def parity(graph: Graph, opened: ort.InferenceSession, path: Path) -> float:
    """The largest difference of an output from PyTorch's at SIZES: of numbers above 1, as a share of them.

    Raises:
        KassandraError: it is above TOLERANCE, or an output has another shape.
    """
    largest = 0.0
    for seed, (batch, time) in enumerate(SIZES):
        sizes = {**TRACED, "batch": batch, "time": time}
        example = graph.example(sizes, np.random.default_rng(seed))
        with torch.inference_mode():
            ours = graph.module(*(torch.from_numpy(np.array(example[name])) for name in graph.inputs))
        ours = ours if isinstance(ours, tuple) else (ours,)
        theirs = run(opened, example)
        for name, expected in zip(graph.outputs, ours, strict=True):
            wanted = expected.numpy()
            if theirs[name].shape != wanted.shape:
                shapes = f"{theirs[name].shape}, not {wanted.shape}"
                raise KassandraError(f"{path}: {name!r} has shape {shapes}, at {batch} rows of {time} steps")
            finite = np.isfinite(wanted)
            if not np.array_equal(finite, np.isfinite(theirs[name])):
                raise KassandraError(
                    f"{path}: {name!r} is infinite where PyTorch's is not, at {batch} rows of {time} steps"
                )
            apart = np.abs(theirs[name][finite] - wanted[finite]) / np.maximum(1, np.abs(wanted[finite]))
            largest = max(largest, float(apart.max(initial=0)))
    if largest > TOLERANCE:
        raise KassandraError(f"{path}: differs from PyTorch by {largest:.1e}, more than {TOLERANCE}; please report it")
    return largest


def quantise(path: Path, output: Path) -> None:
    """The weights of a file in 8 bits, and its products computed in them (dynamic quantisation).

    After ONNX Runtime's basic optimisation: without it the weights of an LSTM are no constants yet, and stay in float.
    """
    with tempfile.TemporaryDirectory() as folder, whole(output) as partial:
        optimised = Path(folder) / "optimised.onnx"
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(optimised)
        ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        logging.disable(logging.WARNING)  # it advises what was just done
        try:
            quantize_dynamic(optimised, partial, weight_type=QuantType.QInt8, per_channel=True)
        finally:
            logging.disable(logging.NOTSET)
        model = onnx.load(partial)
        onnx.helper.set_model_props(model, {each.key: each.value for each in onnx.load(path).metadata_props})
        onnx.save(model, partial)
