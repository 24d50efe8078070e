"""Recordings whose rows have labels, recognised, where the label of each row is to be predicted."""

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Look, Proposal
from kassandra.inputs.series.detect import examples

LONGEST = 200  # rows of a piece
PIECES = 60  # as many at least, where there are rows for them


def evidence(look: Look) -> float:
    """How likely these are, from 0 to 1; less than that of windows with one label each, which is the usual question."""
    seen = examples.seen_in(look) if look.table is not None else None
    return 0.8 if seen and seen.form == "recordings" else 0.0


def propose(look: Look) -> Proposal:
    """The section of recordings with a tag in each row.

    Raises:
        KassandraError: no column can be the label of each row, or no other one holds numbers.
    """
    seen = examples.seen_in(look) if look.table is not None else None
    if seen is None or seen.form != "recordings":
        raise KassandraError(f"{look.path}: no table of rows with a label each; --target names the column of labels")
    proposal = examples.propose(look)
    window = max(10, min(LONGEST, seen.many // PIECES))
    proposal.target, proposal.classes = "tags", {}
    proposal.prepare |= {"window": window}
    proposal.model, proposal.train = {"variant": "bidirectional"}, {"batch_size": 16, "augment": {"noise": 0.1}}
    proposal.examples, proposal.steps = -(-seen.many // window), window
    named = f"the label of each row, {seen.label.name!r}, is predicted; recordings are cut into pieces of {window} rows"
    proposal.guessed = [one for one in proposal.guessed if not one.startswith("windows of ")] + [named]
    return proposal
