"""What suits a model that fills gaps: the window around them that fits into the splits, and how large the model is."""

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Proposal

FEWEST = 200  # rows
USUAL = 48  # rows of the longest gap
MOST = 400  # rows of a window


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in.

    Raises:
        KassandraError: there are too few rows.
    """
    rows, season = proposal.examples, proposal.season
    if rows < FEWEST:
        raise KassandraError(f"{rows:,} rows are too few to make gaps in, learn and judge; give {FEWEST} or more")
    most = int(rows * 0.15) // 3  # a third of valid is one window
    window = max(10, min(most, 5 * season if season and 5 * season <= MOST else 240, MOST))
    longest = max(1, min(2 * season if season else USUAL, USUAL, window // 3))
    proposal.prepare |= {"window": window, "longest": longest}
    if season and season < window:
        proposal.prepare["seasons"] = [season]
    windows = int(rows * 0.65) * proposal.series
    stride = max(1, min(window // 8, windows // 1500))
    proposal.others.append({"window": max(10, window // 2), "longest": max(1, longest // 2), "seasons": []})
    proposal.model |= {"variant": "bidirectional", "hidden_size": 32 if windows < 5_000 else 64, "head": "quantiles"}
    proposal.train |= {"epochs": 30, "batch_size": 32, "learning_rate": 0.003, "stride": stride, "calibrate": True}
    proposal.seen.append(f"{rows:,} rows" + " in a series" * (proposal.series > 1))
    proposal.guessed.append(f"gaps of up to {longest} rows are learned and filled; prepare.longest decides")
