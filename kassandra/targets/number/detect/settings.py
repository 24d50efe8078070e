"""Which columns may be the numbers that are predicted, and what suits a model of numbers."""

import re

from kassandra.contracts.errors import KassandraError
from kassandra.detection.numbers import SUFFIX, is_missing
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.sizes import enough_steps, put_beside, size_for, sized
from kassandra.detection.table import Column, Table
from kassandra.params.sections.table_file import TableFile
from kassandra.sources.own.numbers import reader

LIKELY = re.compile(
    r"price|cost|rating|score|stars|value|amount|target|salary|income|revenue|age|duration|weight|grade|points|"
    r"sentiment|intensity|temperature|remaining|rul$|^y$",
    re.IGNORECASE,
)
IDENTIFIER = re.compile(r"(^|[_ ])(id|no|nr|index|key|zip|code|year)$", re.IGNORECASE)
MANY = 20  # different numbers, above which they are rather numbers than names of classes
LEAST = 30  # examples, so that each split has some
NUMBER = re.compile(rf"[+-]?[\d.,' \u00a0\u202f]*\d[\d.,]*([eE][+-]?\d+)?({SUFFIX})?", re.ASCII)


def answer(table: Table, column: Column) -> float:
    """How well a column would do, from 0 to 1: numbers, many different ones, that neither count rows nor name them."""
    if not column.is_numeric or column.name in table.times or column.counts_up or len(column.values) < 2:
        return 0.0
    if len(column.held) < 0.9 * len(column.cells):
        return 0.0
    return _suited(column.values) * (
        1.0 if LIKELY.search(column.name) else 0.5 if IDENTIFIER.search(column.name) else 0.9
    )


def suits(look: Look, proposal: Proposal) -> float:
    """Of the answers that an input proposes: near 1 where they are numbers, and many different ones."""
    suited = _suited(proposal.classes)
    if look.wish.target:
        return 1.1 * suited  # the user has named the column
    name = str(proposal.source.get("label", ""))
    return suited * (0.99 if LIKELY.search(name) else 0.9)  # a column of labels comes first


def _suited(values: dict[str, int]) -> float:
    """1 of many different numbers, less of a few, 0 of what are none."""
    held = {value: count for value, count in values.items() if not is_missing(value)}
    numeric = {value: count for value, count in held.items() if NUMBER.fullmatch(value.strip())}
    if not held or sum(numeric.values()) < 0.97 * sum(held.values()) or len(numeric) < 2:
        return 0.0
    return 1.0 if len(numeric) > MANY else 0.4


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in.

    Raises:
        KassandraError: the answers are no numbers, or there are too few.
    """
    counts, proposal.classes = proposal.classes, {}
    if counts and not _suited(counts):
        odd = next((value for value in counts if not NUMBER.fullmatch(value.strip())), None)
        what = f"answers such as {odd!r} are no numbers" if odd is not None else "all answers are the same number"
        raise KassandraError(f"{what}; --target names another column, --as label predicts classes")
    if proposal.examples and proposal.examples < LEAST:
        raise KassandraError(f"{proposal.examples:,} examples are too few to train on and to judge by; give {LEAST}")
    size = size_for(proposal.examples)
    proposal.model |= {"hidden_size": size.hidden_size, "dropout": size.dropout, "head": "quantiles"}
    proposal.train |= {"epochs": size.epochs, "learning_rate": 0.003}
    if proposal.input == "text":
        proposal.model["embedding_size"] = size.hidden_size
        put_beside(proposal)
    else:
        enough_steps(proposal)
    proposal.seen.append(sized(proposal))
    if counts:
        keys = {key: proposal.source[key] for key in ("decimal", "thousands", "suffixes") if key in proposal.source}
        read = reader(TableFile(path=".", **keys))
        values = sorted(number for value in counts if (number := read(value)) is not None)
        if values:
            proposal.seen.append(f"numbers from {values[0]:g} to {values[-1]:g}, {len(counts):,} different ones")
            if values[0] > 0 and values[-1] > 1000 * values[0]:
                proposal.prepare["log"] = True
                proposal.guessed.append("numbers above 0 of very different sizes: their logarithm is learned (log)")
    if proposal.examples < 1000:
        drawn = {"valid_fraction": 0.15} if "valid" not in proposal.splits else {}
        proposal.prepare |= drawn | ({"test_fraction": 0.2} if "test" not in proposal.splits else {})
