"""What suits a translator: its size, its epochs and the shares of the splits."""

from kassandra.detection.proposal import Proposal


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in."""
    pairs = proposal.examples
    hidden = 64 if pairs < 5000 else 192 if pairs < 100_000 else 256
    decoder = {"attention": "general", "input_feeding": False, "hidden_size": hidden}
    proposal.model |= {"hidden_size": hidden, "embedding_size": hidden, "dropout": 0.2, "decoder": decoder}
    proposal.train |= {"epochs": 15 if pairs < 5000 else 6, "learning_rate": 0.002}
    if pairs < 20_000:
        proposal.prepare |= {"valid_fraction": 0.1, "test_fraction": 0.1}
