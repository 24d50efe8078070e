"""DVC's cache, as far as a stage has to know it: whether what it is about to make can be kept there.

DVC finds out when the stage has ended, which may be hours later.
"""

import os
from configparser import ConfigParser, Error
from pathlib import Path

from kassandra.contracts.errors import KassandraError

OBJECTS, RUNS = Path("files", "md5"), Path("runs")  # below the cache: contents by their hash, and what made which


def check_cache(root: Path) -> None:
    """
    Args:
        root: of the repository of DVC.

    Raises:
        KassandraError: the cache is there, and may not be written to.
    """
    cache = cache_folder(root)
    for place in (cache, *(each for kind in (OBJECTS, RUNS) for each in (cache / kind, *_inside(cache / kind)))):
        if os.path.isdir(place) and not os.access(place, os.W_OK | os.X_OK):  # noqa: PTH112 (it may raise)
            raise KassandraError(
                f"{place}: DVC's cache may not be written to, so what this stage makes could not be kept; "
                "`dvc cache dir --local .dvc/cache` takes a cache of your own, and docs/sharing.md says how it gets "
                "what this one has (A cache that you may only read)"
            )


def cache_folder(root: Path) -> Path:
    """As the configuration of the repository says it, without DVC, whose import takes half a second."""
    home = root / ".dvc"
    for path in (home / "config.local", home / "config"):
        settings = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
        try:
            settings.read(path, encoding="utf-8")
        except (Error, OSError, UnicodeDecodeError):  # which DVC has complained about
            continue
        if folder := settings.get("cache", "dir", fallback=None):
            return home / Path(folder).expanduser()
    return home / "cache"


def _inside(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:  # it is not there yet, or may not be read
        return []
