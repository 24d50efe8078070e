"""A trained model as ONNX files that need nothing of Kassandra, compared with PyTorch before they are kept.

All members answer together in one file, as they do in `kassandra predict`: whoever runs it cannot get a weaker answer
than the one that was evaluated. `member` exports one alone, a third of the size and time of three.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from kassandra.contracts.artifacts import PREPARED, read_json, whole, write_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.graph import Arrays, Comparison, Graph, Run
from kassandra.contracts.kinds import part_if_any
from kassandra.export.card import UNSTATED
from kassandra.export.examples import examples
from kassandra.export.folder import refuse_inside, write_card
from kassandra.export.markdown import fenced, table
from kassandra.export.onnx_file import quantise, run, session, write
from kassandra.export.operations import exportable
from kassandra.inference import load
from kassandra.params.sections.pipeline import reading

Report = Callable[[str], None]
INT8 = ".int8"


class Exporters(NamedTuple):
    target: ModuleType
    input: ModuleType


def exporters(predictor: Any) -> Exporters:
    """What the kinds of a model offer for export.

    Raises:
        KassandraError: one offers nothing.
    """
    found = []
    for side, kind in (("targets", predictor.target), ("inputs", predictor.input)):
        module = part_if_any(side, kind, "export")  # type: ignore[arg-type]
        if module is None or not hasattr(module, "describe"):
            raise KassandraError(
                f"export: {predictor.input} → {predictor.target} cannot be exported to onnx: "
                f"kassandra/{side}/{kind}/export.py is missing, which says what its files hold"
            )
        found.append(module)
    return Exporters(*found)


class Graphs(NamedTuple):
    """of_target: what answers. of_input: what makes inputs, as a network whose features are read; is not put into 8
    bits, nor compared on the test split, which is of inputs."""

    of_target: list[Graph]
    of_input: list[Graph]

    @property
    def all(self) -> list[Graph]:
        return [*self.of_target, *self.of_input]


def graphs_of(predictor: Any, by: Exporters) -> Graphs:
    """Of a model; `graphs` of an input may be missing."""
    of_input = by.input.graphs(predictor) if hasattr(by.input, "graphs") else []
    return Graphs(by.target.graphs(exportable(predictor), padded(predictor, by)), of_input)


def padded(predictor: Any, by: Exporters) -> bool:
    """Whether the input gives lengths."""
    return bool(by.input.lengths(reading(predictor.input, predictor.target), predictor.meta))


def export_onnx(
    folder: Path, output: Path, int8: bool = False, member: int | None = None, licence: str = UNSTATED,
    report: Report = print, root: Path = Path(),
) -> dict[str, Any]:  # fmt: skip
    """Writes the files, examples that run them, a card, and export.json, which is also returned.

    Raises:
        KassandraError: the pair cannot be exported, a file is not what PyTorch computes, or `output` is the model's.
    """
    refuse_inside(folder, output)
    predictor = load(folder, member=member)
    by = exporters(predictor)
    about = _about(predictor, by)
    graphs = graphs_of(predictor, by)
    names = [graph.name for graph in graphs.of_target]
    parities = {}
    for number, name in enumerate(graph.name for graph in graphs.all):
        path = output / f"{name}.onnx"
        parities[name] = _in_a_process(folder, member, number, path, about)
        report(f"{path}: {path.stat().st_size:,} bytes; differs from PyTorch by at most {parities[name]:.1e}")
        if int8 and name in names:
            quantise(path, output / f"{name}{INT8}.onnx")
            report(f"{output / f'{name}{INT8}.onnx'}: {(output / f'{name}{INT8}.onnx').stat().st_size:,} bytes")
    results: dict[str, Any] = {"parity": parities}
    results |= _on_test(predictor, by.target, output, names, int8, root, report)
    write_json(output / "export.json", {"about": about, **results})
    examples_of = examples(by.target, by.input, reading(predictor.input, predictor.target))
    beside = {
        name: text for kind in by if hasattr(kind, "beside") for name, text in kind.beside(predictor.meta).items()
    }
    for name, content in {**beside, **examples_of}.items():
        with whole(output / name) as partial:
            partial.write_text(content, encoding="utf-8")
    for sentence in write_card(
        folder, output, licence, root, _use(sorted(output.glob("*.onnx")), results, examples_of)
    ):
        report(sentence)
    return results


def _about(predictor: Any, by: Exporters) -> dict[str, Any]:
    named = {"name": predictor.name, "input": predictor.input, "target": predictor.target, "seeds": predictor.seeds}
    return {**named, **by.input.describe(predictor.meta), **by.target.describe(predictor.meta)}


def _in_a_process(folder: Path, member: int | None, number: int, path: Path, about: dict[str, Any]) -> float:
    """One process per graph: what an exporter keeps of the one before cannot freeze an axis of the next."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(_write, folder, member, number, path, about).result()


def _write(folder: Path, member: int | None, number: int, path: Path, about: dict[str, Any]) -> float:
    import torch

    torch.set_num_threads(1)
    predictor = load(folder, member=member)
    by = exporters(predictor)
    return write(graphs_of(predictor, by).all[number], path, about)


def runner(output: Path, names: list[str], ending: str = "") -> Run:
    """The exported graphs of a folder, by name."""
    sessions = {name: session(output / f"{name}{ending}.onnx") for name in names}

    def by_name(name: str, given: Arrays) -> Arrays:
        return run(sessions[name], given)

    return by_name


def _on_test(
    predictor: Any, target: ModuleType, output: Path, names: list[str], int8: bool, root: Path, report: Report
) -> dict[str, Any]:
    """Scores of PyTorch and of the files on the whole test split, where that is here and is the model's."""
    prepared = root / PREPARED / predictor.name
    test = prepared / "test.npz"
    if not test.exists() or read_json(prepared / "meta.json") != predictor.meta:
        report(f"Scores were not compared: {test} is not here, or of other data; `dvc repro prepare@{predictor.name}`.")
        return {}
    import torch

    torch.set_num_threads(1)
    ours = target.answers(predictor, test)
    results = {}
    for ending in ["", INT8] if int8 else [""]:
        theirs = target.answers(target.from_graphs(predictor, runner(output, names, ending)), test)
        comparison: Comparison = target.compared(predictor, test, ours, theirs)
        results[f"test{ending}"] = {
            "scores": {name: {"pytorch": a, "onnx": b} for name, (a, b) in comparison.scores.items()},
            "largest_difference": comparison.largest,
            "of": comparison.of,
            "changed": comparison.changed,
            "examples": comparison.examples,
        }
        for sentence in _sentences(comparison, ending):
            report(sentence)
    return results


def _sentences(comparison: Comparison, ending: str) -> list[str]:
    facts = []
    if comparison.changed is not None:
        facts.append(f"{comparison.changed:,} of {comparison.examples:,} answers changed")
    if comparison.largest is not None:
        facts.append(f"largest difference {comparison.largest:.1e} ({comparison.of})")
    heading = f"On test, PyTorch → ONNX{' int8' if ending else ''}: {'; '.join(facts)}"
    return [heading, *(f"  {name} {a:.4f} → {b:.4f} ({b - a:+.1e})" for name, (a, b) in comparison.scores.items())]


def _use(files: list[Path], results: dict[str, Any], programs: dict[str, str]) -> str:
    """The section of the card on how to use these files."""
    rows = [{"file": path.name, "bytes": f"{path.stat().st_size:,}"} for path in files]
    scores = [
        {"score": name, "PyTorch": f"{each['pytorch']:.4f}", "ONNX": f"{each['onnx']:.4f}", "files": ending or "float"}
        for ending in ("", INT8)
        for name, each in results.get(f"test{ending}", {}).get("scores", {}).items()
    ]
    parity = max(results["parity"].values())
    about = (
        "Files for ONNX Runtime; nothing of Kassandra is needed. Outputs differ from PyTorch's by at most "
        f"{parity:.1e}, of batches and lengths of several sizes. Classes, scales and vocabularies are in `export.json` "
        "and in the metadata of each file, under `kassandra`."
    )
    run = fenced("\n".join(f"{'python' if name.endswith('.py') else 'node'} {name} INPUT" for name in programs), "sh")
    beside = f"On the whole test split:\n\n{table(scores)}\n" if scores else "They were not compared on a test split.\n"
    return f"## How to use it\n\n{about}\n\n{table(rows)}\n{run if programs else ''}\n{beside}"
