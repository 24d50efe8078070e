"""A section tried on the data: the stages `download` and `prepare` run in a folder that goes again."""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kassandra.contracts.artifacts import PREPARED, RAW, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.notebook import NAME, run


class Prepared(NamedTuple):
    """raw, folder: as data/raw/<name> and data/prepared/<name>. message: what the stages print. meta: meta.json."""

    raw: Path
    folder: Path
    message: str
    meta: dict[str, Any]


@contextlib.contextmanager
def prepared(section: dict[str, Any], name: str, seed: int = 0, raw: Path | None = None) -> Iterator[Prepared]:
    """Your own data as these stages leave them, for as long as they are looked at.

    Args:
        raw: what `download` has left of a data set of the catalogue, which is not fetched again.

    Raises:
        KassandraError: the section or the data are refused; the sentence names the folders of the repository.
    """
    report, path = io.StringIO(), section["source"].get("path")
    with tempfile.TemporaryDirectory(prefix="kassandra-") as home:
        try:
            with contextlib.redirect_stdout(report):
                run(section, path or raw, home, seed=seed, last="prepare", fetched=raw is not None)
        except KassandraError as error:
            raise KassandraError(_as_in_the_repository(str(error), home, name, str(path or raw))) from None
        folder = Path(home, PREPARED, NAME)
        message = _as_in_the_repository(report.getvalue().strip(), home, name, str(path or raw))
        yield Prepared(Path(home, RAW, NAME), folder, message, read_json(folder / "meta.json"))


def _as_in_the_repository(text: str, home: str, name: str, path: str) -> str:
    """Without the folder that goes again, and with the names that were given."""
    absolute = str(Path(path).expanduser().absolute())
    text = text.replace(f"{home}/", "").replace(f"{Path(home).resolve()}/", "").replace(absolute, path)
    return text.replace(f"pipelines.{NAME}", f"pipelines.{name}").replace(str(RAW / NAME), str(RAW / name))
