"""Czech recordings and their texts, of the game Fish Fillets NG, from the files of two Debian packages (1.0.1).

    apt-get download fillets-ng-data fillets-ng-data-cs
    for package in fillets-ng-data*.deb; do dpkg -x $package unpacked; done
    python recipes/fillets.py unpacked/usr/share/games/fillets-ng mirror/fillets
    export KASSANDRA_MIRROR=$PWD/mirror

Writes clips.tar and transcripts.tsv, byte for byte as the catalogue names them: of each level, in the order of its
dialogs, every line that was recorded, who says it (the font of its subtitle), and its Czech subtitle.
"""

import argparse
import io
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LINE = re.compile(r'dialogId\("([^"]+)",\s*"([^"]+)",\s*"(?:[^"\\]|\\.)*"\)\s*dialogStr\("((?:[^"\\]|\\.)*)"\)')
PLACE = "script/*/dialogs_cs.lua"


class Spoken(NamedTuple):
    """recording: its file in the package. clip: its name in clips.tar."""

    recording: Path
    clip: str
    voice: str
    level: str
    text: str


def spoken(game: Path) -> Iterator[Spoken]:
    """The lines of all levels that were recorded in Czech; the first one of an id."""
    for dialogs in sorted(game.glob(PLACE)):
        level, seen = dialogs.parent.name, set[str]()
        for name, voice, text in LINE.findall(dialogs.read_text(encoding="utf-8")):
            recording = game / "sound" / level / "cs" / f"{name}.ogg"
            if name not in seen and recording.is_file():
                seen.add(name)
                yield Spoken(recording, f"clips/{level}/{name}.ogg", voice, level, text)


def build(game: Path, folder: Path) -> int:
    """Write both files into `folder`; returns how many lines there are."""
    lines = list(spoken(game))
    folder.mkdir(parents=True, exist_ok=True)
    rows = [("file", "voice", "level", "text"), *((one.clip, one.voice, one.level, one.text) for one in lines)]
    (folder / "transcripts.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    with tarfile.open(folder / "clips.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        for one in lines:  # without times and owners: the same bytes wherever it is made
            content = one.recording.read_bytes()
            member = tarfile.TarInfo(one.clip)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return len(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("game", type=Path, help="the packages' folder usr/share/games/fillets-ng")
    parser.add_argument("folder", type=Path, help="where clips.tar and transcripts.tsv go")
    how = parser.parse_args()
    if not any(how.game.glob(PLACE)) or not any(how.game.glob("sound/*/cs/*.ogg")):
        sys.exit(f"Error: {how.game}: expected {PLACE} and sound/*/cs/*.ogg, the files of both packages in one folder")
    print(f"{build(how.game, how.folder):,} lines in {how.folder}")


if __name__ == "__main__":
    main()
