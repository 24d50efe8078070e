"""What suits a recogniser: its size, its epochs and the shares of the splits."""

from kassandra.detection.proposal import Proposal


def complete(proposal: Proposal) -> None:
    """Adds what the target has a say in."""
    few = proposal.examples < 5000
    proposal.model |= {"variant": "bidirectional", "num_layers": 2 if few else 3, "hidden_size": 128 if few else 256}
    proposal.model |= {"dropout": 0.3 if few else 0.2}
    proposal.train |= {"epochs": 40 if few else 15, "learning_rate": 0.003}
