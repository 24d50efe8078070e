"""`kassandra check`: reads data as the stages will, and reports what one wants to know before training."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from kassandra.cli.changed import warn_of_changes
from kassandra.cli.page import write_page
from kassandra.cli.trial import Prepared, prepared
from kassandra.contracts import yaml
from kassandra.contracts.artifacts import RAW
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.kinds import part_if_any
from kassandra.contracts.printed import in_terminal, visible
from kassandra.detection.findings import Findings
from kassandra.detection.sizes import duration, seconds_of
from kassandra.export.data_card import write_data_card
from kassandra.params.sections.pipeline import read_pipeline

PARAMS = Path("params.yaml")
SHOWN = 80  # characters of a cell


def check(names: Sequence[str], output: Path | None) -> int:
    """Print a report of each pipeline; 1 if the data of one are refused.

    Raises:
        KassandraError: params.yaml cannot be read, or has no such pipeline.
    """
    tree = yaml.read(PARAMS, "run this in the root of the repository")
    pipelines = tree.get("pipelines") if isinstance(tree, dict) else None
    known = list(pipelines) if isinstance(pipelines, dict) else []
    console, status = Console(highlight=False), 0
    for name in names or known:
        _, seed = read_pipeline(name)  # says what is wrong with the section
        try:
            findings = examined(name, pipelines[name], seed)  # type: ignore[index]
        except KassandraError as error:
            console.print(f"{name}: refused: {error}", markup=False, soft_wrap=True)
            status = 1
            continue
        show(console, name, findings)
        if output:
            page = write_page(output, name, findings)
            card = write_data_card(output, name, pipelines[name], findings)  # type: ignore[index]
            console.print(f"written to {page}; as a card {card}", markup=False)
    warn_of_changes(names or known)
    return status


def examined(name: str, section: dict[str, Any], seed: int) -> Findings:
    """What the stages make of the data of a section, and each kind's own findings."""
    if "path" not in section["source"]:
        return _of_dataset(name, section, seed)
    begun = time.monotonic()
    with prepared(section, name, seed) as data:
        return _found(section, data, time.monotonic() - begun)


def _of_dataset(name: str, section: dict[str, Any], seed: int) -> Findings:
    """Of a data set of the catalogue, which `download` has fetched."""
    if not (RAW / name).is_dir():
        raise KassandraError(f"{RAW / name} is not there yet; `dvc repro download@{name}` fetches it")
    begun = time.monotonic()
    with prepared(section, name, seed, raw=RAW / name) as data:
        return _found(section, data, time.monotonic() - begun)


def _found(section: dict[str, Any], data: Prepared, seconds: float) -> Findings:
    findings = Findings({"pair": f"{section['input']} → {section['target']}"})
    findings.facts["source"] = str(section["source"].get("path") or section["source"].get("dataset"))
    lines = [line for line in data.message.splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        findings.facts[f"read ({number})"] = line
    for side in ("inputs", "targets"):
        report = part_if_any(side, section[side[:-1]], "detect", "report")
        if report is not None:
            report.examine(data.folder, data.meta, findings)
    findings.facts["stages"] = _stages(section, data.meta, seconds)
    return findings


def _stages(section: dict[str, Any], meta: dict[str, Any], seconds: float) -> str:
    examples = (meta.get("examples") or meta.get("characters") or {}).get("train", 1)
    spec = meta["spec"]
    steps = int(spec.get("steps") or meta.get("window") or meta.get("max_length") or 20)
    if "characters" in meta:
        steps = section["train"].get("window", 64)
        examples = examples // steps
    training = seconds_of(section, int(examples), steps, int(spec.get("features") or 64))
    return (
        f"download and prepare ({duration(seconds)}, measured now), baseline, pretrain, "
        f"train ({duration(training)}, estimated), evaluate"
    )


def show(console: Console, name: str, findings: Findings) -> None:
    """On a terminal; what comes from the data is no markup."""
    console.rule(in_terminal(name))
    facts = Table(box=None, show_header=False)
    for key, value in findings.facts.items():
        facts.add_row(in_terminal(key), in_terminal(value))
    console.print(facts)
    for grid in findings.tables:
        if not grid.rows:
            continue
        table = Table(
            *(in_terminal(key) for key in grid.rows[0]), title=in_terminal(grid.title), box=None, title_justify="left"
        )
        for row in grid.rows:
            table.add_row(*(in_terminal(cell, SHOWN) for cell in row.values()))
        console.print(table)
    for warning in findings.warnings:
        console.print(f"! {visible(warning)}", markup=False, soft_wrap=True, style="bold")
    if not findings.warnings:
        console.print("nothing to warn of", markup=False)
