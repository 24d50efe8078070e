"""A folder of files with texts, as recordings with transcripts: which file has which text, as usual layouts say it."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import some
from kassandra.contracts.section import unknown
from kassandra.contracts.splits import SPLIT_OF
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own import spoken_texts
from kassandra.sources.own.labelled import below_one_folder, visible
from kassandra.sources.own.labels import as_compared, as_split, as_text, by_names
from kassandra.sources.own.refused import Refused, check_share, sentence
from kassandra.sources.own.spoken_texts import OF_CHAPTERS
from kassandra.sources.own.table_file import Table, read_table

TABLES = (".tsv", ".csv", ".jsonl", ".parquet", ".xlsx")
KALDI = ("text", "wav.scp")
TOKENS = ".token.txt"  # of Flickr8k: lines of an image, the number of its caption, and the caption
LONGEST = 10_000  # characters of a text


class Known(NamedTuple):
    """What folders of some kind of files look like.

    unit: what the texts are, in the plural, and the key of `source` that names their table. stems, endings: of tables
    that are known by their names, the first that is there. usual: of each role, names that a column often has. example:
    of such layouts, for whoever has none. speech: whether LJSpeech's and Kaldi's are among them.
    """

    unit: str
    stems: tuple[str, ...]
    usual: dict[str, tuple[str, ...]]
    example: str
    endings: tuple[str, ...] = TABLES
    speech: bool = False


TRANSCRIPTS = Known(
    "transcripts",
    ("transcripts", "transcript", "metadata", "validated"),
    {
        "file": ("file", "filename", "file_name", "path", "audio", "audio_path", "wav", "clip", "audio_filepath", "id"),
        "text": ("text", "sentence", "transcript", "transcription", "normalized_text", "normalised", "utterance"),
        "speaker": ("speaker", "voice", "client_id", "speaker_id", "reader", "spk"),
        "split": ("split", "subset", "partition"),
    },
    "transcripts.tsv, metadata.csv, train.tsv with test.tsv, text with wav.scp, *.trans.txt, a .txt for each recording",
    speech=True,
)


class Columns(Protocol):
    """What a `source` says of its table, beside the keys of any table; `speaker` not where nobody speaks."""

    file: str | None
    text: str | None
    split: str | None
    tolerate: float


class Transcript(NamedTuple):
    """A file and a text of it. split, speaker: "" where unknown.

    file: in the folder, or a name in the table where files are not looked for.
    """

    file: Path
    name: str
    text: str
    speaker: str
    split: str


class Layout(NamedTuple):
    """tables: each with its split, "" where it is of no split; the folder itself where texts lie in many files. kind:
    `table`, `ljspeech`, `kaldi`, `tokens`, `librispeech` or `beside`."""

    kind: str
    tables: dict[Path, str]


def layout_of(paths: dict[PurePosixPath, Path], raw: Path, source: Columns, known: Known) -> Layout | None:
    """How a folder (its files by their paths) keeps its texts; None where nothing says so.

    Raises:
        KassandraError: there is no such table as `source` names.
    """
    if given := getattr(source, known.unit):
        named = [path for name, path in paths.items() if as_compared(str(name)) == as_compared(given)]
        if not named:
            tables = sorted(str(name) for name in paths if name.suffix in known.endings)
            raise KassandraError(f"source.{known.unit}: no file {given!r} in {raw}; tables are {tables}")
        return Layout(_kind(named, known), {named[0]: ""})
    by_folder: dict[PurePosixPath, dict[str, Path]] = {}
    for name, path in paths.items():
        if len(name.parts) <= 3:  # as data/train/text
            by_folder.setdefault(name.parent, {})[name.name.lower()] = path
    kaldi = {files["text"]: SPLIT_OF.get(folder.name.lower(), "") for folder, files in by_folder.items()
             if known.speech and set(KALDI) <= set(files)}  # fmt: skip
    if kaldi:
        return Layout("kaldi", kaldi)
    if known.speech and any(name.name.lower().endswith(OF_CHAPTERS) for name in paths):
        return Layout("librispeech", {raw: ""})
    root = by_folder.get(PurePosixPath("."), {})
    of_splits = {path: SPLIT_OF[name.split(".")[0]] for name, path in root.items()
                 if name.split(".")[0] in SPLIT_OF and name.endswith(TABLES)}  # fmt: skip
    if len(set(of_splits.values())) == len(of_splits) > 1 and "train" in of_splits.values():
        return Layout("table", of_splits)
    found = {
        files[name]: SPLIT_OF.get(folder.name.lower(), "")
        for folder, files in by_folder.items()
        for name in [
            next((f"{stem}{end}" for stem in known.stems for end in known.endings if f"{stem}{end}" in files), "")
        ]
        if name
    }
    if not found and known.speech and spoken_texts.lie_beside(paths):
        return Layout("beside", {raw: ""})
    return Layout(_kind(list(found), known), found) if found else None


def _kind(tables: Sequence[Path], known: Known) -> str:
    if known.speech and all(map(_is_ljspeech, tables)):
        return "ljspeech"
    return "tokens" if all(path.name.lower().endswith(TOKENS) for path in tables) else "table"


def _is_ljspeech(path: Path) -> bool:
    """`id|text` or `id|text|normalised text` in each line, without a header."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            cells = file.readline(100_000).split("|")
    except (OSError, UnicodeDecodeError):
        return False
    usual = {name for names in TRANSCRIPTS.usual.values() for name in names}
    return len(cells) in (2, 3) and cells[0].strip().lower() not in usual and "\t" not in cells[0]


class Listing(NamedTuple):
    """rows: in the order of the tables. message: what was read, and what is left out. left_out: by reason."""

    rows: list[Transcript]
    left_out: dict[str, int]
    message: list[str]


def listing(
    raw: Path, source: TableFile, endings: set[str], names: Sequence[str] | None = None, known: Known = TRANSCRIPTS
) -> Listing:
    """The texts of the files in `raw`.

    Args:
        endings: of the names of these files.
        names: of files that lie in an archive, by which rows name them; None looks for files in the folder.
        known: what is usual of such folders.

    Raises:
        KassandraError: no table is known or named, it lacks a column, or too many rows have no file or no text.
    """
    columns: Columns = source  # type: ignore[assignment]
    left: dict[str, list[str]] = {}
    paths = below_one_folder(visible(raw, left))
    layout = layout_of(paths, raw, columns, known)
    if layout is None:
        raise KassandraError(f"{raw}: no table of {known.unit}: no {known.example}; name yours in source.{known.unit}")
    rows, left_out, message = list[Transcript](), dict[str, int](), list[str]()
    files = [path for path in paths.values() if path.suffix.lower() in endings]
    if names is not None:
        files = [raw / name for name in names]
    for path, split in layout.tables.items():
        if layout.kind in ("librispeech", "beside"):
            table = (spoken_texts.of_chapters if layout.kind == "librispeech" else spoken_texts.beside)(raw, paths)
        else:
            table = _kaldi(path) if layout.kind == "kaldi" else _table(path, source, columns, layout.kind, known)
        own, refused = _matched(raw, table, files, split)
        total = len(own) + len(refused) + len(table.refused)
        refused = sorted([*table.refused, *refused], key=lambda one: one.line)
        if not own:
            example = f"; files are {some([one.name for one in files], 2)}" if files else "; there are no files"
            raise KassandraError(f"{sentence(refused, path, total)}: no row is left{example}")
        note = check_share(refused, path, total, columns.tolerate, table.hint())
        message += [f"{path}: {len(own):,} {known.unit}{f' of {split}' if split else ''} (layout: {layout.kind})"]
        message += [note] if note else []
        rows += own
        for one in refused:
            left_out[one.reason] = left_out.get(one.reason, 0) + 1
    return Listing(rows, left_out, message)


def _table(path: Path, source: TableFile, columns: Columns, kind: str, known: Known) -> Table:
    """Its columns as `file`, `text`, `speaker` and `split`."""
    chosen: dict[str, str] = {}
    if kind == "ljspeech":
        with path.open(encoding="utf-8-sig") as file:
            count = len(file.readline(100_000).split("|"))
        names = ["file", "text", "normalised"][:count]
        how = TableFile(path=str(path), delimiter="|", quotes=False, header="none", columns=names)
        chosen = {"file": "file", "text": names[-1]}
    elif kind == "tokens":
        chosen = {"file": "file", "text": "text"}
        how = TableFile(path=str(path), delimiter="\t", quotes=False, header="none", columns=list(chosen))
    else:
        # Of a .tsv, quotes are marks of the text, as Common Voice writes them.
        plain = path.name.lower().endswith(".tsv") and "quotes" not in source.model_fields_set
        how = source.model_copy(update={"quotes": False}) if plain else source

    def choose(names: list[str]) -> list[str]:
        chosen.update({} if chosen else _roles(names, columns, path, known))
        return list(chosen.values())

    table = read_table(path, how, choose)
    table.columns = {role: table.columns[name] for role, name in chosen.items()}
    if kind == "tokens":  # photo.jpg#0 is the first of its captions
        table.columns["file"] = [str(name).rpartition("#")[0] or name for name in table.columns["file"]]
    return table


def _roles(names: list[str], columns: Columns, path: Path, known: Known) -> dict[str, str]:
    """The column of each role that has one."""
    chosen: dict[str, str] = {}
    for role, usual in known.usual.items():
        asked = getattr(columns, role)
        if asked is not None and asked not in names:
            raise KassandraError(unknown(f"source.{role}", "column", asked, names))
        free = [name for name in names if name not in chosen.values()]
        likely = [name for one in usual for name in free if name.strip().lower() == one]
        if asked or likely:
            chosen[role] = asked or likely[0]
        elif role in ("file", "text"):
            raise KassandraError(f"source.{role}: {path} has the columns {names}; say which it is")
    return chosen


def _kaldi(text: Path) -> Table:
    """Of `text`, `wav.scp` and `utt2spk`, lines of an utterance's id and what is said of it."""
    files, speakers = (dict(_pairs(text.with_name(name))) for name in ("wav.scp", "utt2spk"))
    table = Table(text, {"file": [], "text": [], "speaker": []}, np.array([], np.int64))
    lines = list[int]()
    for number, (utterance, said) in enumerate(_pairs(text), 1):
        file = files.get(utterance, "")
        if not file or file.endswith("|"):  # the output of a command, which is never run
            why = "a wav.scp that names no file but a command" if file else "no line in wav.scp"
            table.refused.append(Refused(number, why))
            continue
        for role, value in (("file", file), ("text", said), ("speaker", speakers.get(utterance, ""))):
            table.columns[role].append(value)
        lines.append(number)
    table.lines = np.array(lines, np.int64)
    return table


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    try:
        with path.open(encoding="utf-8-sig") as file:
            for line in file:
                first, _, rest = line.strip().partition(" ")
                if first:
                    yield first, rest.strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KassandraError(f"{path}: cannot be read as lines of UTF-8 ({error})") from None


def _matched(raw: Path, table: Table, files: Sequence[Path], split: str) -> tuple[list[Transcript], list[Refused]]:
    """Rows with their files, and those that have none, several, or no text."""
    index, kept, refused = by_names(raw, table.path, files), list[Transcript](), list[Refused]()
    for row, line in enumerate(table.lines):
        cells = {role: as_text(values[row]) for role, values in table.columns.items()}
        places = index.get(as_compared(cells["file"])) or index.get(as_compared(PurePosixPath(cells["file"]).name), [])
        said = as_split(cells.get("split"), f"{table.path}: line {line}") or split
        reason = "no such file" if not places else "a name of several files" if len(places) > 1 else ""
        reason = reason or ("an empty text" if not cells["text"] else "")
        reason = reason or ("a text that is too long" if len(cells["text"]) > LONGEST else "")
        if reason:
            refused.append(Refused(int(line), reason))
        else:
            path = files[places[0]]
            name = path.relative_to(raw).with_suffix("").as_posix()
            kept.append(Transcript(path, name, cells["text"], cells.get("speaker", ""), said))
    return kept, refused
