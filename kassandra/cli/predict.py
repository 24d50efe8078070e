"""`kassandra predict`, `generate`, `translate`, `caption`: the input reads what is given, the target prints answers."""

from pathlib import Path
from types import ModuleType
from typing import Any

from kassandra.cli.given import opened
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.kinds import part_if_any
from kassandra.inference import described_by_hand, load, own_files
from kassandra.params.sections.pipeline import kinds, readers, reading


def run(
    command: str, folder: Path, given: list[str], as_json: bool = False, of_kinds: dict[str, Any] | None = None,
    member: int | None = None, **options: Any,
) -> None:  # fmt: skip
    """Have the show.py of the model's target print what the model makes of the inputs.

    Args:
        command: the one that was called. given: its arguments after the folder.
        member: the one that answers; None asks all together.
        of_kinds: options that only some kinds of inputs or targets have; None and False were not given.
        options: those of the command, passed on.

    Raises:
        KassandraError: the model is for another command, an option is for another kind, or an input cannot be read.
    """
    model = load(folder, member=member)
    show = part_if_any("targets", model.target, "show")
    if show is None:
        raise KassandraError(
            f"{folder}: target {model.target!r} has no show.py, which says how `kassandra predict` prints its answers"
        )
    reader = part_if_any("inputs", model.input, "show", f"own_{reading(model.input, model.target)}") or own_files
    if command != (wanted := getattr(reader, "COMMAND", show.COMMAND)):
        raise KassandraError(f"{folder}: a model of target {model.target!r}; try `kassandra {wanted}`")
    chosen = {name: value for name, value in (of_kinds or {}).items() if value not in (None, False)}
    if refused := sorted(set(chosen) - _options(reader) - _options(show)):
        raise KassandraError(f"--{refused[0]}: is for {_owners(refused[0])}; this model reads {model.input}")
    with opened(given, reader) as (inputs, named), described_by_hand(folder):
        show.show(model, named, inputs, as_json, **options, **chosen)


def _options(module: ModuleType | None) -> set[str]:
    return set(getattr(module, "OPTIONS", ()))


def _owners(option: str) -> str:
    """The inputs, and targets, that have an option."""
    parts = [(target, part_if_any("targets", target, "show")) for target in kinds("targets")]
    for target in kinds("targets"):
        parts += [
            (name, part_if_any("inputs", name, "show", f"own_{reading(name, target)}")) for name in readers(target)
        ]
    owners = sorted({name for name, module in parts if option in _options(module)})
    return " and ".join(owners) or "none of the kinds here"
