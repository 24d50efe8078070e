"""Transcripts that lie in many files: a list in each folder, as LibriSpeech has them, or a .txt for each recording."""

import re
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np

from kassandra.sources.own.refused import Refused
from kassandra.sources.own.split_names import split_in
from kassandra.sources.own.table_file import Table

OF_CHAPTERS = ".trans.txt"  # of LibriSpeech (Panayotov et al. 2015): an utterance's id and what is said, in each line
SOUNDS = {".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".aif", ".au", ".m4a"}
MOST_OF = 0.9  # share of the recordings that have a text beside them
LONGEST = 20_000  # bytes of the text of one recording
SAMPLES = re.compile(r"^\d+ \d+ +")  # the first and the last sample of TIMIT
TIMES = re.compile(r"^[\d.]+\t[\d.]+\t")  # labels of parts of a recording, as Audacity writes them

Paths = dict[PurePosixPath, Path]


def of_chapters(raw: Path, paths: Paths) -> Table:
    """Of all lists, each with the split that its first folder is called by, and who speaks: 84-121123-0000 is 84."""
    rows, refused = list[tuple[str, str, str, str]](), list[Refused]()
    for name, path in paths.items():
        if name.name.lower().endswith(OF_CHAPTERS):
            for line in _text(path).splitlines():
                utterance, _, said = line.strip().partition(" ")
                if utterance:
                    file = str(path.with_name(utterance).relative_to(raw))
                    rows.append((file, said.strip(), utterance.partition("-")[0], split_in(name.parts[0])))
    whole = {split for *_, split in rows} >= {"train", "test"}  # else none is given, and splits are drawn
    return _table(raw, [(*row[:3], row[3] if whole else "") for row in rows], refused)


def lie_beside(paths: Paths) -> bool:
    """Whether nearly each recording has a .txt of its name, in its folder or in another, which is no list of times."""
    texts = _texts_of(paths)
    sounds = [name for name in paths if name.suffix.lower() in SOUNDS]
    found = [texts[name] for name in sounds if name in texts]
    if not found or len(found) < MOST_OF * len(sounds):
        return False
    some = [_text(path) for path in found[:: max(1, len(found) // 10)]]
    return all(one.strip() and not TIMES.match(one) and one.strip().count("\n") <= 1 for one in some)


def beside(raw: Path, paths: Paths) -> Table:
    """Of each recording the text of its own file; whoever speaks is unknown."""
    texts, rows, refused = _texts_of(paths), list[tuple[str, str, str, str]](), list[Refused]()
    for number, name in enumerate((one for one in paths if one.suffix.lower() in SOUNDS), 1):
        if name in texts:
            split = split_in(name.parts[0]) if len(name.parts) > 1 else ""
            said = SAMPLES.sub("", " ".join(_text(texts[name]).split()))
            rows.append((str(paths[name].relative_to(raw)), said, "", split))
        else:
            refused.append(Refused(number, "no text beside the recording"))
    whole = {split for *_, split in rows} >= {"train", "test"}
    return _table(raw, [(*row[:3], row[3] if whole else "") for row in rows], refused)


def _texts_of(paths: Paths) -> Paths:
    """The .txt of each recording: in its folder, or the only one of its name elsewhere."""
    texts = {name.with_suffix(""): path for name, path in paths.items() if name.suffix.lower() == ".txt"}
    times = Counter(name.name for name in texts)
    elsewhere = {name.name: path for name, path in texts.items() if times[name.name] == 1}
    return {
        name: text for name in paths if name.suffix.lower() in SOUNDS
        for text in [texts.get(name.with_suffix("")) or elsewhere.get(name.stem)] if text is not None
    }  # fmt: skip


def _text(path: Path) -> str:
    content = path.read_bytes()
    if len(content) > LONGEST and not path.name.lower().endswith(OF_CHAPTERS):
        return ""
    return content.decode("utf-8-sig", "replace")


def _table(raw: Path, rows: list[tuple[str, str, str, str]], refused: list[Refused]) -> Table:
    columns = {role: [row[place] for row in rows] for place, role in enumerate(("file", "text", "speaker", "split"))}
    return Table(raw, columns, np.arange(1, len(rows) + 1, dtype=np.int64), refused)
