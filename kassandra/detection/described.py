"""A folder of files with a table of what is said of each: recordings with transcripts, images with captions."""

from collections.abc import Callable

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Look, Proposal
from kassandra.sources.own.transcripts import Listing

DIFFERENT = 0.5  # share of texts that no other file has, at least; labels come again and again


def listed(look: Look, is_one: Callable[[str], bool], listing: Callable[[], Listing]) -> Listing | None:
    """What `listing` reads, of a folder that has a file of which `is_one` is true; None where there is no table."""
    if look.form != "folder" or look.tree is None or not any(map(is_one, look.tree.files)):
        return None
    try:
        return listing()
    except KassandraError:
        return None


def are_sentences(rows: Listing, words: float) -> bool:
    """Whether the texts have more than so many words each, in the mean, and most are different."""
    texts = [row.text for row in rows.rows]
    lengths = [len(text.split()) for text in texts]
    return float(np.mean(lengths)) > words and len(set(texts)) >= DIFFERENT * len(texts)


def leave_out(proposal: Proposal, refused: dict[str, int], kept: int, what: str) -> None:
    """Tolerate the rows of a table that cannot be used, of which `kept` others can, and say why.

    Args:
        refused: how many, by reason. what: they lack, as "a recording".
    """
    if total := sum(refused.values()):
        proposal.source["tolerate"] = max(0.01, round(total / (total + kept) + 0.005, 3))
        reasons = ", ".join(f"{count:,} {why}" for why, count in refused.items())
        proposal.guessed.append(f"rows without {what} or a text are left out: {reasons} (tolerate)")
