"""Dropout that treats all steps of a sequence alike."""

from torch import Tensor, nn


class LockedDropout(nn.Module):
    """Zeroes the same elements at every step of a row (variational dropout; Gal & Ghahramani 2016, section 4.1).

    Args:
        probability: of zeroing an element, in [0, 1); what is left is scaled so that its mean stays.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, values: Tensor) -> Tensor:
        """(batch, time, size), in evaluation mode `values` themselves."""
        if not self.training or not self.probability:
            return values
        kept = 1 - self.probability
        mask = values.new_empty(len(values), 1, values.shape[2]).bernoulli_(kept).div_(kept)  # (batch, 1, size)
        return values * mask
