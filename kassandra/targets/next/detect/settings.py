"""What suits a language model: its size and its epochs."""

from kassandra.detection.proposal import Proposal


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in."""
    tokens = proposal.examples
    hidden = 64 if tokens < 200_000 else 256 if tokens < 2_000_000 else 512
    epochs = 10 if tokens < 2_000_000 else 4 if tokens < 20_000_000 else 2
    proposal.model |= {"hidden_size": hidden, "embedding_size": min(hidden, 128), "dropout": 0.2}
    proposal.train |= {"epochs": epochs, "learning_rate": 0.004}
    if tokens < 500_000:
        proposal.prepare |= {"test_fraction": 0.1, "valid_fraction": 0.1}
    proposal.examples = tokens // max(proposal.steps, 1)
