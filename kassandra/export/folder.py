"""A model as a folder that can be uploaded as it is: the files that training wrote, and a card that describes them."""

import shutil
from pathlib import Path

from kassandra.contracts.artifacts import whole
from kassandra.contracts.errors import KassandraError
from kassandra.export.card import UNSTATED, model_card

CARD = "README.md"


def write_card(
    folder: Path, output: Path, licence: str = UNSTATED, root: Path = Path(), use: str = ""
) -> list[str]:  # fmt: skip
    """Writes README.md into `output`; returns what the card lacks, a sentence each. `use`: as of `model_card`.

    Raises:
        KassandraError: as `model_card`; or `output` is the folder of an output of DVC, which a file more would change.
    """
    text, missing = model_card(folder, licence, root, use)
    refuse_inside(folder, output)
    with whole(output / CARD) as partial:
        partial.write_text(text, encoding="utf-8")
    return list(missing)


def export_folder(folder: Path, output: Path, licence: str = UNSTATED, root: Path = Path()) -> list[str]:
    """Copies the model and writes its card beside it; returns what the card lacks, a sentence each.

    Raises:
        KassandraError: as `write_card`.
    """
    missing = write_card(folder, output, licence, root)
    for path in sorted([*folder.glob("*.safetensors"), folder / "model.json", folder / "meta.json"]):
        with whole(output / path.name) as partial:
            shutil.copyfile(path, partial)
            partial.chmod(0o644)  # DVC write-protects its own
    return missing


def refuse_inside(folder: Path, output: Path) -> None:
    """
    Raises:
        KassandraError: `output` is the model's own folder, or lies in it.
    """
    own, given = folder.resolve(), output.resolve()
    if given == own or own in given.parents:
        raise KassandraError(
            f"--output: {output} is the folder of the model, an output of `train` that DVC would find changed; "
            f"give another folder, as exports/{own.name}"
        )
