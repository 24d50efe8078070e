"""A table of numbers in time whose gaps are to be filled; recognised as one that is to be forecast, where it is asked
for (`--as gap`)."""

from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some
from kassandra.inputs.series.detect import table

LESS = 0.5  # of the evidence for a forecast, which is the usual question
LEAST_KNOWN = 0.3  # share of a column that has to be there
OF_FORECASTS = ("what is to be forecast is", "missing values and times")  # guesses


def evidence(look: Look) -> float:
    """How likely a file is a table of series, from 0 to 1; less than what table.py says."""
    return LESS * table.evidence(look)


def propose(look: Look) -> Proposal:
    """The section of a table of series in which what is missing stays so. Where the user names no target, all columns
    of numbers with gaps are.

    Raises:
        KassandraError: times or numbers may be read in two ways; or no column of numbers can be filled.
    """
    proposal = table.propose(look)
    proposal.target = "gap"
    for key in ("missing", "gap", "calendar"):  # which this target does not have, or was not tried with
        proposal.prepare.pop(key, None)
    proposal.guessed = [one for one in proposal.guessed if not one.startswith(OF_FORECASTS)]
    others = ({key: value for key, value in one.items() if key != "missing"} for one in proposal.others)
    proposal.others = [one for one in others if one]
    if look.wish.target is None:
        _with_gaps(look, proposal)
    return proposal


def _with_gaps(look: Look, proposal: Proposal) -> None:
    """Makes the columns with gaps the targets, and leaves the others as features."""
    assert look.table is not None
    marks, used = set(proposal.source.get("missing_values", [])), {"time", "series"}
    taken = {name for key in used for name in _as_list(proposal.source.get(key))}
    counts = {}
    for column in look.table.numeric:
        known = sum(bool(cell) and cell not in marks for cell in column.cells)
        if column.name not in taken and look.table.kind(column) == "number" and not column.counts_up:
            counts[column.name] = known / max(len(column.cells), 1)
    lacking = [name for name, share in counts.items() if LEAST_KNOWN <= share < 1]
    first = str(proposal.source["target"])
    if not lacking:
        proposal.guessed.append(
            f"gaps of {first!r} are filled; no column of numbers has empty cells; --target names another"
        )
        return
    features = [name for name in [first, *proposal.source.get("features", [])] if name not in lacking]
    proposal.source["target"] = lacking[0] if len(lacking) == 1 else lacking
    proposal.source.pop("features", None)
    proposal.source |= {"features": features} if features else {}
    proposal.guessed.append(f"gaps of the columns with empty cells are filled: {some(lacking)}; --target names one")


def _as_list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]
