"""Sizes and epochs that suit an amount of data, and about how long a training takes."""

from typing import Any, NamedTuple

from kassandra.detection.proposal import Proposal

# Measured on one thread of a server of 2024, and round: multiplications per second, and seconds of each step and batch.
SPEED = 1.5e10
STEP = 6e-5
BATCH = 2e-3
LEAST_STEPS, MOST_EPOCHS = 300, 100


class Size(NamedTuple):
    hidden_size: int
    epochs: int
    dropout: float


def size_for(examples: int) -> Size:
    """Of a classifier: the fewer examples, the smaller the model and the more often it sees them.

    >>> size_for(300).hidden_size, size_for(60_000).epochs
    (32, 5)
    """
    for most, hidden, epochs in ((500, 32, 20), (2000, 64, 15), (20_000, 96, 10), (200_000, 128, 5)):
        if examples <= most:
            return Size(hidden, epochs, 0.3)
    return Size(128, 3, 0.1)


def sized(proposal: Proposal, amount: int | None = None, of: str = "examples") -> str:
    """What was chosen for an amount of data."""
    count = proposal.examples if amount is None else amount
    units, epochs = proposal.model["hidden_size"], proposal.train["epochs"]
    return f"sized for {count:,} {of}: {units} units, {epochs} epochs"


def enough_steps(proposal: Proposal) -> None:
    """More epochs where there are so few examples that those of `size_for` are hardly any steps."""
    batches = max(1, proposal.examples // proposal.train.get("batch_size", 1))
    proposal.train["epochs"] = max(proposal.train["epochs"], min(MOST_EPOCHS, -(-LEAST_STEPS // batches)))


def put_beside(proposal: Proposal) -> None:
    """A linear model of words and pairs beside the LSTM of a text, which alone loses to it on some thousand texts."""
    proposal.model["linear"] = True
    proposal.guessed.append(
        "a linear model of words and pairs stands beside the LSTM, as validation weighs them (model.linear); the page "
        "of `kassandra explore` has none: take it out for one"
    )


def put_rocket_beside(proposal: Proposal) -> None:
    """MiniRocket beside the LSTM of a series, which alone loses to it on some hundred series."""
    proposal.model["linear"] = True
    proposal.guessed.append(
        "ridge regression on features of MiniRocket stands beside the LSTM, which alone is often behind it on labelled "
        "series (model.linear); `kassandra explore` and `export` have none of it: take it out for those"
    )


def seconds_of(section: dict[str, Any], examples: int, steps: int, width: int) -> float:
    """About how long the training of a section takes on one thread of a CPU.

    Args:
        examples: of train. steps: of one. width: numbers per step.
    """
    model, train = section["model"], section["train"]
    hidden, layers = model.get("hidden_size", 128), model.get("num_layers", 1)
    directions = 2 if model.get("bidirectional") or model["variant"] == "bidirectional" else 1
    width = model.get("embedding_size", 128) if "embedding_size" in model else width
    work = 4 * hidden * (hidden + width) * directions * layers * 2 * 3  # forwards, and twice that backwards
    examples = -(-examples // train.get("stride", 1))
    size = train.get("batch_size") or max(1, train.get("batch_tokens", 2048) // max(steps, 1))
    batches = max(1, examples // size)
    epoch = examples * steps * work / SPEED + batches * (BATCH + steps * STEP * directions * layers)
    if "decoder" in model:
        epoch *= 3
    return float(epoch * train.get("epochs", 5) * train.get("seeds", 3))


def duration(seconds: float) -> str:
    """
    >>> duration(20), duration(200), duration(20_000)
    ('less than a minute', 'about 4 minutes', 'about 5.6 hours')
    """
    if seconds < 50:
        return "less than a minute"
    minutes = -(-seconds // 60)
    return f"about {minutes:.0f} minutes" if minutes < 120 else f"about {seconds / 3600:.1f} hours"
