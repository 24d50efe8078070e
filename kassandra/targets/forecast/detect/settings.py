"""What suits a forecast: the window and horizon that fit into the splits, and how large the model is."""

from pathlib import Path

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.windows import read_split
from kassandra.detection.proposal import Proposal
from kassandra.detection.sizes import sized
from kassandra.targets.forecast.train.linear_map import in_words, least_errors

SMALL, FEW = 500, 150  # rows
USUAL = 60  # rows of a window, where nothing comes back
CLEARLY = 0.99  # of an error, below which another one is better
MOST_SUMS = 3e10  # multiplications, a few seconds
LONG, MOST = 100, 400  # rows of a season that a window shows once; of a window


def tried(proposal: Proposal, folder: Path) -> None:
    """How windows are normalised, and whether the calendar is read, as suits a linear map of the data once they are
    prepared. Of several series, which differ, the distance from the last value suits all.

    Args:
        folder: as data/prepared/<name>.
    """
    if proposal.series > 1:
        return
    meta = read_json(folder / "meta.json")
    train, valid = (read_split(folder / f"{name}.npz") for name in ("train", "valid"))
    inputs = meta["window"] * train.inputs.shape[1]
    if "normalise" not in proposal.prepare or len(train.origins) * inputs**2 > MOST_SUMS:
        return
    errors = least_errors(train, valid, meta)
    best = min(errors, key=lambda form: errors[form])
    if errors[best] < CLEARLY * errors[proposal.prepare["normalise"], True]:
        proposal.prepare["normalise"] = best[0]
        if not best[1]:
            proposal.prepare.pop("calendar", None)
        each = ", ".join(f"{in_words(*form)} {error:.4g}" for form, error in errors.items())
        proposal.seen.append(f"how windows are read is what suits a linear map on validation, whose errors are: {each}")


def _longest(proposal: Proposal) -> int | None:
    """The longest season that the values show and a window can hold; what the calendar says where nobody has looked."""
    if proposal.seasons is None:
        return proposal.season
    most = int(proposal.examples * 0.15) // 3 - min(proposal.season or 5, 48)  # rows of a window beside a horizon
    held = [season for season in proposal.seasons if season <= min(most, MOST)] or proposal.seasons[:1]
    if not held and proposal.season:
        proposal.seen.append(f"values do not come back after {proposal.season} rows: no season")
    if held and held[-1] != proposal.season:
        proposal.seen.append(f"values come back after {held[-1]} rows, more than after {proposal.season}")
    return held[-1] if held else None


def _window(season: int | None) -> int:
    """Rows that show two seasons; of long ones one."""
    return USUAL if season is None else 2 * season if season <= LONG else season


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in."""
    rows, season, longest = proposal.examples, proposal.season, _longest(proposal)
    small = rows < SMALL
    valid, test = (0.25, 0.25) if rows < FEW else (0.15, 0.2)
    if small:  # windows of valid and test may begin in the split before
        horizon = max(1, min(season or 5, int(rows * valid) // 3, 48))
        window = max(2, min(_window(longest), int(rows * (1 - valid - test)) // 3, MOST))
        proposal.prepare["gap"] = "horizon"
        proposal.guessed.append(
            "few rows: windows of valid and test may begin in the split before, what is forecast may not (gap: horizon)"
        )
    else:
        most = int(rows * valid) // 3  # of a window and a horizon together: a third of valid is then windows
        horizon = max(1, min(season or 5, most // 4, 48))
        window = max(2, min(_window(longest), most - horizon, MOST))
    proposal.prepare |= {"window": window, "horizon": horizon}
    if longest and rows * (1 - valid - test) > 2 * longest:
        proposal.prepare["season"] = longest
    if proposal.prepare.get("predict") != "return":  # a return is a distance from the last value already
        proposal.prepare["normalise"] = "last"
        proposal.model["linear"] = "fitted"
        proposal.guessed.append(
            "the LSTM begins as a linear map of the window, fitted on train, and learns what it leaves (model.linear)"
        )
    if rows < FEW:
        proposal.prepare |= {"valid_fraction": valid, "test_fraction": test}
    proposal.others += [
        {"window": max(2, window // 2), "horizon": max(1, horizon // 2)},
        {"window": 2, "horizon": 1, "valid_fraction": 0.25, "test_fraction": 0.25, "gap": "horizon"},
    ]
    windows = int(rows * (1 - valid - test)) * proposal.series
    hidden = 16 if windows < 500 else 32 if windows < 20_000 else 64
    epochs = 20 if windows < 2000 else 8 if windows < 50_000 else 3 if windows < 200_000 else 2
    proposal.model |= {"variant": "vanilla", "hidden_size": hidden, "head": "quantiles"}
    proposal.train |= {
        "epochs": epochs,
        "batch_size": 16 if windows < 500 else 64 if windows < 100_000 else 256,
        "learning_rate": 0.003,
    }
    proposal.seen.append(sized(proposal, windows, "windows of train"))
    proposal.seen.append(f"{rows:,} rows" + " in a series" * (proposal.series > 1))
