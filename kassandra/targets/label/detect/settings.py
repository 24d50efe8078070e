"""What suits a classifier: its size, its epochs, and the shares of the splits."""

from math import ceil

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Proposal
from kassandra.detection.sizes import enough_steps, put_beside, put_rocket_beside, size_for, sized

RARE = 3  # examples of a label, below which it cannot be in every split
LEAST = 10  # examples of a label, so that each split has one of it
MOST_BESIDE = 20  # classes; a linear model beside the LSTM has 2 MB of weights for each


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in.

    Raises:
        KassandraError: there are not two classes of some examples.
    """
    counts = proposal.classes
    many = proposal.prepare.get("labels") == "many"
    if counts and len(counts) < 2:
        raise KassandraError(f"all examples have one label, {next(iter(counts))!r}; there is nothing to tell apart")
    enough = [label for label, count in counts.items() if count >= LEAST]
    if counts and len(enough) < 2:
        shown = ", ".join(f"{label!r} {count}" for label, count in list(counts.items())[:5])
        what = f"{sum(counts.values()):,} examples ({shown}) are too few to train on and to judge by"
        raise KassandraError(f"{what}; at least {LEAST} of each of two labels are needed")
    rare = sum(count for count in counts.values() if count < RARE)
    if counts and not many and rare > 0.01 * sum(counts.values()) and rare < 0.1 * sum(counts.values()):
        proposal.source["tolerate"] = ceil(rare / sum(counts.values()) * 1000 + 1) / 1000
        proposal.guessed.append(f"labels with fewer than {RARE} examples are set aside: {rare} examples (tolerate)")
    size = size_for(proposal.examples)
    proposal.model |= {"hidden_size": size.hidden_size, "dropout": size.dropout}
    proposal.train |= {"epochs": size.epochs, "learning_rate": 0.003}
    if proposal.input == "text":
        proposal.model["embedding_size"] = size.hidden_size
        if len(counts) <= MOST_BESIDE:
            put_beside(proposal)
    else:
        enough_steps(proposal)
    if proposal.input == "series":
        put_rocket_beside(proposal)
    proposal.seen.append(sized(proposal))
    if counts:
        most, fewest = max(counts.values()), min(counts.values())
        each = [f"{label!r} {count:,}" for label, count in counts.items()]
        more = f" and {len(each) - 10} more" if len(each) > 10 else ""
        proposal.seen.append(f"{'labels' if many else 'classes'}: {', '.join(each[:10])}{more}")
        if most > 5 * fewest and not many:
            proposal.seen.append(
                f"imbalance: the largest class has {most / fewest:.0f} times the examples of the smallest"
            )
    if proposal.examples < 1000:
        drawn = {"valid_fraction": 0.15} if "valid" not in proposal.splits else {}
        proposal.prepare |= drawn | ({"test_fraction": 0.2} if "test" not in proposal.splits else {})
