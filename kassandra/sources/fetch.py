"""A catalogue entry becomes a folder of checked files."""

import os
from collections.abc import Mapping
from pathlib import Path

import requests
from rich.filesize import decimal

from kassandra.contracts.artifacts import NETWORK
from kassandra.contracts.errors import KassandraError
from kassandra.sources.catalogue import Content, Dataset, find
from kassandra.sources.content import Report, Unavailable, count_of, is_right
from kassandra.sources.folder import Scratch, copy, remove, scratch_for
from kassandra.sources.network import Patience, public
from kassandra.sources.places import MIRROR, Place, Tools, mirror_folder, places_of


def fetch_dataset(
    dataset: str,
    destination: Path,
    *,
    catalogue: Mapping[str, Dataset] | None = None,
    patience: Patience = Patience(),  # noqa: B008, it is frozen
) -> None:
    """Make `destination` the folder of exactly the files of a catalogue entry, each checked by size and sha256.

    Right files that are already in `destination`, or in a folder beside it, are not fetched again; whatever else is in
    `destination` goes when all files are there, not before. A killed or failed run leaves what it fetched in a hidden
    folder beside `destination`, and the next run continues from that.

    Args:
        dataset: name of the entry. catalogue: entries to choose from; catalogue.yaml if None.

    Raises:
        KassandraError: unknown `dataset`; no place gives some file (each place is listed with its reason); something
            cannot be written.
    """
    entry, report = find(dataset, catalogue), Report()
    present = {path.name for path in destination.iterdir()} - {NETWORK} if destination.is_dir() else set[str]()
    if present == {file.name for file in entry.files} and all(
        is_right(destination / one.name, one) for one in entry.files
    ):
        report.say(f"{dataset}: all files are already in {destination}")
        return
    report.say(f"{dataset}: {entry.description}\n  licence: {entry.licence}")
    with scratch_for(destination, keep=True) as scratch, requests.Session() as session:
        missing = _missing(entry, scratch)
        _take_from_others(missing, scratch, report)
        tools = Tools(scratch.parts, report, session, patience)
        failures: list[str] = []
        for place in places_of(dataset, entry):
            failures += _take_from(place, missing, scratch, tools)
        if missing:
            raise KassandraError(_nobody_has(dataset, entry, missing, failures, scratch))
        scratch.publish()
    report.say(f"{dataset}: {count_of(len(entry.files))}, checked, in {destination}")


def fetch_weights(network: str, folder: Path) -> None:
    """Puts the weights of a network, a catalogue entry of one file, beside the data in `folder`.

    They are kept in a hidden folder beside `folder` too, for other pipelines.

    Raises:
        KassandraError: as `fetch_dataset`.
    """
    kept = folder.with_name(f".{network}")
    fetch_dataset(network, kept)
    (file,) = find(network).files
    copy(kept / file.name, folder / NETWORK)


def _take_from(place: Place, missing: list[Content], scratch: Scratch, tools: Tools) -> list[str]:
    """Move what the place gives from `missing` into the scratch; one line for each thing that it does not give."""
    failures = []
    for file in [file for file in missing if place.offers(file.name)]:
        try:
            place.fetch(file, tools).replace(scratch.files / file.name)
        except Unavailable as failure:
            where = place.label if failure.everywhere else f"{place.label}: {file.name}"
            failures.append(f"  {where}: {failure}")
            tools.report.say(failures[-1])
            if failure.everywhere:
                break
        else:
            missing.remove(file)
            tools.report.say(f"  {file.name}  {decimal(file.bytes)}  from {place.label}")
    return failures


def _missing(entry: Dataset, scratch: Scratch) -> list[Content]:
    """Files that neither an earlier run nor the destination has. What the scratch holds besides is removed."""
    known = {file.name: file for file in entry.files}
    for path in scratch.files.iterdir():
        if path.name not in known or not is_right(path, known[path.name]):
            remove(path)
    for file in entry.files:
        here, before = scratch.files / file.name, scratch.destination / file.name
        if not here.exists() and is_right(before, file):
            copy(before, here)
    return [file for file in entry.files if not (scratch.files / file.name).exists()]


def _take_from_others(missing: list[Content], scratch: Scratch, report: Report) -> None:
    """What other pipelines have in their folders of data/raw is not fetched again."""
    folders = [path for path in sorted(scratch.destination.parent.glob("[!.]*")) if path != scratch.destination]
    for file in [*missing]:
        for there in (path / file.name for path in folders):
            try:
                if not is_right(there, file):
                    continue
                copy(there, scratch.files / file.name)
            except OSError:  # another user's
                continue
            missing.remove(file)
            report.say(f"  {file.name}  {decimal(file.bytes)}  from {there.parent}, which has it already")
            break


def _nobody_has(dataset: str, entry: Dataset, missing: list[Content], failures: list[str], scratch: Scratch) -> str:
    mirror = os.environ.get(MIRROR, "").strip()
    home = public(mirror).rstrip("/") if "://" in mirror else mirror_folder(mirror) if mirror else "<folder>"
    what = "any of its files" if len(missing) == len(entry.files) else ", ".join(file.name for file in missing)
    how = "run again" if mirror else f"run again with {MIRROR}=<folder>; an http(s) address will do as well"
    kept = any(path.is_file() for path in scratch.root.rglob("*"))
    return "\n".join(
        [
            f"{dataset}: no place gives {what}:",
            *(failures or ["  the catalogue names none"]),
            "Get the files in another way (a browser, another machine), put them here:",
            *(f"  {home}/{dataset}/{file.name}  ({file.bytes} bytes, sha256 {file.sha256})" for file in missing),
            f"and {how}.",
            *([f"What has come so far is kept in {scratch.root} for the next run."] if kept else []),
        ]
    )
