"""`kassandra init`: looks at a file or folder, and writes the section of params.yaml that reads it."""

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table as Shown

from kassandra.cli import recipes
from kassandra.cli.trial import Prepared, prepared
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.kinds import part_if_any
from kassandra.contracts.printed import in_terminal, visible
from kassandra.contracts.section import check
from kassandra.detection.content import form_of, reading
from kassandra.detection.proposal import Look, Proposal, Wish
from kassandra.detection.recognise import recognise
from kassandra.detection.section import text_of
from kassandra.detection.sizes import duration, seconds_of
from kassandra.params.sections.pipeline import pipeline_of
from kassandra.sources.unpack import is_archive, unpack

LARGEST_TRIAL = 8 << 20  # bytes of a file that is prepared for a trial, which takes seconds; larger ones are not
LARGEST_FOLDER = 128 << 20  # bytes of a folder
TOLERATE = re.compile(r"say `source\.tolerate: ([0-9.]+)`")  # how a reader refuses that there are too many bad rows
TOLERABLE = 0.1  # share of them that is left out unasked, and stated
SHOWN = 60  # characters of a cell


class Options(NamedTuple):
    """name: of the pipeline; None takes the file's. dry_run: print the section, write nothing. yes: ask nothing."""

    name: str | None = None
    dry_run: bool = False
    yes: bool = False


def init(path: Path, wish: Wish, options: Options) -> None:
    """Print what was recognised, and write the section, whole or not at all.

    Raises:
        KassandraError: the file is missing, or nothing that is known; something in it may be read in two ways; the
            name is taken; or the data are refused by the very stages that will read them.
    """
    name = options.name or name_of(path)
    recipes.check_name(name)
    if not options.dry_run:
        recipes.refuse_taken(name)
    home = Path(path).expanduser()
    if not home.exists():
        raise KassandraError(f"{path}: no such file or folder (looked in {Path.cwd()})")
    if not (home.is_file() or home.is_dir()):
        raise KassandraError(f"{path}: neither a file nor a folder")
    asks = _ask if not options.yes and sys.stdin.isatty() else lambda _question, _answers, likely: likely
    with _unpacked(home, path) as inside:
        proposal = recognise(Look(inside, wish, asks))
        if inside != home:
            proposal.source.pop("path", None)  # what is read is the archive
    proposal.source = {"path": str(proposal.source.pop("path", path)), **proposal.source}
    tried = _tried(proposal, name, _bytes(home))
    section = proposal.section()
    steps = max(1, proposal.steps)
    estimated = proposal.examples * proposal.series
    examples = (tried.meta.get("examples") or {}).get("train", estimated) if tried else estimated
    minutes = duration(seconds_of(section, _number(examples, estimated), _steps(section, steps), steps))
    text = text_of(name, section, proposal.seen, proposal.guessed, minutes)
    _show(name, proposal, tried, minutes)
    if options.dry_run:
        print(text, end="")
        return
    recipes.add_text(text, f"kassandra init {path}")
    print(f"Next: `kassandra check {name}` looks at the data, `dvc repro evaluate@{name}` trains ({minutes}).")


@contextmanager
def _unpacked(home: Path, path: Path) -> Iterator[Path]:
    """The file or folder itself; of an archive that is not too large, a folder with what is in it, which goes again."""
    with reading(home):
        is_small_archive = home.is_file() and home.stat().st_size <= LARGEST_FOLDER and form_of(home) == "archive"
    if not (is_small_archive and is_archive(home)):
        yield home
        return
    with TemporaryDirectory(prefix="kassandra-") as folder:
        unpack(home, Path(folder))
        try:
            yield Path(folder)
        except KassandraError as error:
            raise KassandraError(str(error).replace(folder, str(path))) from None


def name_of(path: Path) -> str:
    """A name for a pipeline, of letters, digits and hyphens, from that of a file.

    >>> name_of(Path("Apple Stock Price History.csv")), name_of(Path("2024-Köln.csv.gz")), name_of(Path("数据.csv"))
    ('apple-stock-price-history', 'data-2024-koln', 'data')
    """
    stem = path.resolve().name.split(".")[0] or path.resolve().name
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    return words if re.match(r"[a-z]", words) else f"data-{words}".rstrip("-")


def _ask(question: str, answers: Sequence[str], likely: str) -> str:
    """On a terminal; Enter takes the likeliest."""
    console = Console(highlight=False, stderr=True)
    for number, answer in enumerate(answers, 1):
        console.print(f"  {number:>3}  {in_terminal(answer, SHOWN)}", markup=True)
    while True:
        try:
            given = console.input(in_terminal(f"{question} [{likely[:SHOWN]}] ")).strip()
        except EOFError:
            return likely
        if not given:
            return likely
        if given in answers:
            return given
        if given.isdigit() and 1 <= int(given) <= len(answers):
            return answers[int(given) - 1]
        console.print("Give a number of the list, or a name in it.")


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    total = 0
    for file in files:
        total += file.stat().st_size if file.is_file() else 0
        if total > LARGEST_FOLDER:
            break
    return total


def _tried(proposal: Proposal, name: str, size: int) -> Prepared | None:
    """Has the stages prepare the data, with the settings proposed, or the first of the others that are not refused."""
    check(pipeline_of(proposal.input, proposal.target), proposal.section(), "init")
    most = LARGEST_FOLDER if Path(proposal.source["path"]).expanduser().is_dir() else LARGEST_TRIAL
    if size > most:
        proposal.guessed.append(
            f"more than {most >> 20} MiB: not tried on the data; `kassandra check` reads all of them"
        )
        return None
    first: KassandraError | None = None
    changes = [dict[str, Any](), *proposal.others]
    before = dict(proposal.prepare), dict(proposal.source)
    while changes:
        change = changes.pop(0)
        proposal.prepare = {**before[0], **{key: value for key, value in change.items() if key not in before[1]}}
        proposal.source = {key: value for key, value in before[1].items() if key not in change}
        try:
            with prepared(proposal.section(), name) as tried:
                if first:
                    changed = ", ".join(f"{key} {value}" for key, value in change.items())
                    proposal.guessed.append(f"taken instead, as the first choice was refused: {changed}")
                settings = part_if_any("targets", proposal.target, "detect", "settings")
                if refine := getattr(settings, "tried", None):
                    refine(proposal, tried.folder)
                return tried
        except KassandraError as error:
            if share := _tolerable(error, proposal):
                before[1]["tolerate"] = share
                changes.insert(0, change)
                continue
            first = first or error
    assert first is not None
    raise first


def _tolerable(error: KassandraError, proposal: Proposal) -> float | None:
    """The share of bad rows or files that a reader's sentence names, if it is small; None if it names none."""
    match = TOLERATE.search(str(error))
    if match is None or "tolerate" in proposal.source or not float(match[1]) <= TOLERABLE:
        return None
    what = str(error).partition("; `source.tolerate")[0].partition(". `source.tolerate")[0]
    proposal.guessed.append(f"these are left out (tolerate: {match[1]}): {what}")
    return float(match[1])


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _steps(section: dict[str, Any], steps: int) -> int:
    return int(section["prepare"].get("window", steps))


def _show(name: str, proposal: Proposal, tried: Prepared | None, minutes: str) -> None:
    """What was recognised; strangers' texts are shown as they stand, and are no markup."""
    console = Console(highlight=False, stderr=False)
    console.print(f"{name}: {proposal.input} → {proposal.target}", markup=False)
    if proposal.rows:
        table = Shown(*(in_terminal(key, SHOWN) for key in proposal.rows[0]), box=None)
        for row in proposal.rows:
            table.add_row(*(in_terminal(cell, SHOWN) for cell in row.values()))
        console.print("first rows, as they are read:")
        console.print(table)
    for line in proposal.seen:
        console.print(f"  {visible(line)}", markup=False, soft_wrap=True)
    for line in proposal.guessed:
        console.print(f"  guessed: {visible(line)}", markup=False, soft_wrap=True)
    if tried:
        console.print(tried.message, markup=False, soft_wrap=True)
    console.print(f"  training: {minutes}", markup=False)
