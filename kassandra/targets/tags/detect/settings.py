"""What suits a tagger: its size, its epochs, and the shares of the splits."""

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Proposal
from kassandra.detection.sizes import size_for

FEWEST = 20  # sequences


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in.

    Raises:
        KassandraError: there are too few sequences.
    """
    count = proposal.examples
    if count < FEWEST:
        raise KassandraError(f"{count} sequences are too few to train on and to judge by; at least {FEWEST} are needed")
    size = size_for(count)
    proposal.model |= {"hidden_size": size.hidden_size, "dropout": size.dropout}
    if "letters" in proposal.model:
        proposal.model |= {"embedding_size": size.hidden_size, "embedding_dropout": size.dropout}
    proposal.train |= {"epochs": size.epochs + 5, "learning_rate": 0.004}
    if count < 1000:
        proposal.prepare |= {} if "valid" in proposal.splits else {"valid_fraction": 0.15}
        proposal.prepare |= {} if "test" in proposal.splits else {"test_fraction": 0.2}
