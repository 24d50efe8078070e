"""A folder of images with captions: a table with a row for each caption, and lists of the images of each split."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.splits import SPLIT_OF, SPLITS
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.labelled import below_one_folder, visible
from kassandra.sources.own.labels import as_compared, by_names
from kassandra.sources.own.transcripts import TABLES, Known, Listing
from kassandra.sources.own.transcripts import listing as listing_of

CAPTIONS = Known(
    "captions",
    ("captions", "caption", "flickr8k.token", "results", "metadata"),
    {
        "file": ("image", "image_name", "file", "filename", "file_name", "path", "image_path", "photo", "id"),
        "text": ("caption", "captions", "comment", "text", "sentence", "description"),
        "split": ("split", "subset", "partition"),
    },
    "captions.txt, results.csv or metadata.csv",
    (".txt", *TABLES),
)
# train.txt, dev.txt, Flickr_8k.testImages.txt, …
LIST = re.compile(rf"(?:[\w-]+\.)?({'|'.join(sorted(SPLIT_OF, key=len, reverse=True))})(?:[._-]?images)?\.txt")
UNLISTED = "an image that no list of a split names"


def listing(raw: Path, source: TableFile, endings: set[str], names: Sequence[str] | None = None) -> Listing:
    """A row for each caption; see transcripts.listing. Where there are lists of splits, they decide, and what none of
    them names is left out.

    Raises:
        KassandraError: as there, or two lists name the same image.
    """
    listed = listing_of(raw, source, endings, names, CAPTIONS)
    lists = _lists(raw)
    if not lists:
        return listed
    files = list(dict.fromkeys(row.file for row in listed.rows))
    split_of = dict[Path, str]()
    for path, split in lists.items():
        index = by_names(raw, path, files)
        for name in path.read_text(encoding="utf-8-sig", errors="replace").split("\n"):
            for place in index.get(as_compared(name.strip()), []) if name.strip() else ():
                if split_of.setdefault(files[place], split) != split:
                    raise KassandraError(f"{path}: {name.strip()!r} is in the list of {split_of[files[place]]} too")
    rows = [row._replace(split=split_of[row.file]) for row in listed.rows if row.file in split_of]
    if not rows:
        raise KassandraError(f"{raw}: the lists {sorted(path.name for path in lists)} name none of the images")
    counts = Counter(split_of.values())
    sizes = ", ".join(f"{name} {counts[name]:,}" for name in SPLITS if counts[name])
    message = [*listed.message, f"{raw}: images by lists of splits: {sizes}"]
    left_out = dict(listed.left_out)
    if unlisted := len(files) - len(split_of):
        left_out[UNLISTED] = unlisted
        message.append(f"{raw}: {unlisted:,} images that no list names are left out")
    return Listing(rows, left_out, message)


def _lists(raw: Path) -> dict[Path, str]:
    """Files that name the images of a split each, with that split; none where there is only one such file."""
    found = dict[Path, str]()
    for name, path in below_one_folder(visible(raw, {})).items():
        match = LIST.fullmatch(PurePosixPath(name).name.lower())
        if match and len(name.parts) <= 2:
            found[path] = SPLIT_OF[match[1]]
    return found if len(found) > 1 else {}
