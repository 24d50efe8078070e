"""A data card: what `kassandra check` has seen of data, in the form of Hugging Face's cards of data sets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kassandra.contracts.artifacts import whole
from kassandra.detection.findings import Findings
from kassandra.export.markdown import bullets, front_matter, table, text
from kassandra.sources.catalogue import read_catalogue


def write_data_card(folder: Path, name: str, section: Mapping[str, Any], findings: Findings) -> Path:
    """Writes <name>.md; returns its path.

    Args:
        section: of params.yaml. findings: of its data.

    Raises:
        KassandraError: it cannot be written there.
    """
    path = folder / f"{name}.md"
    with whole(path) as partial:
        partial.write_text(data_card(name, section, findings), encoding="utf-8")
    return path


def data_card(name: str, section: Mapping[str, Any], findings: Findings) -> str:
    """Where the data are the author's own, their path is left out: it is of one machine alone."""
    dataset = section["source"].get("dataset")
    entry = read_catalogue().get(str(dataset)) if dataset else None
    head = {
        "license": "other",
        "license_name": "see-below",
        "pretty_name": name,
        "tags": ["kassandra", f"input-{section['input']}", f"target-{section['target']}"],
    }
    about = (
        f"{text(entry.description)}.\n\nLicence: {text(entry.licence)}."
        if entry
        else "A file or folder of the author's. Its licence is not stated here; whoever shares it has to state it."
    )
    facts = [{"": key, " ": value} for key, value in findings.facts.items() if key != "source"]
    grids = [f"### {text(grid.title)}\n\n{table(grid.rows)}" for grid in findings.tables if grid.rows]
    warnings = bullets(findings.warnings) or "Nothing to warn of.\n"
    parts = [
        f"# {text(name)}\n\n{about}\n",
        f"## What was read\n\n{table(facts)}",
        *grids,
        f"## Warnings\n\n{warnings}",
    ]
    return front_matter(head) + "\n" + "\n".join(parts)
