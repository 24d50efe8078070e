"""Parts of models in operations that ONNX has."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from kassandra.lstm.encoder import valid_steps
from kassandra.lstm.ngrams import NOTHING, Bigrams


class Searched(nn.Module):
    """What Bigrams answer; what is known is found by halving, as there is no searchsorted."""

    def __init__(self, bigrams: Bigrams) -> None:
        super().__init__()
        nobody = torch.iinfo(torch.int64).max
        known = bigrams.known[bigrams.known < nobody]  # most of the table may be empty
        self.mean = bigrams.mean
        self.known = nn.Buffer(torch.cat([known, known.new_full((1,), nobody)]))
        self.weight = nn.Buffer(torch.cat([bigrams.weight[: len(known)], bigrams.weight[-1:]]))
        self.bias = nn.Buffer(bigrams.bias)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """(batch, outputs) of ids (batch, time)."""
        inside = valid_steps(lengths, ids.shape[1])  # (batch, time)
        pairs = ((ids[:, :-1] + 1) * 2**32 + ids[:, 1:]).where(inside[:, 1:], NOTHING)  # as ngrams.numbers
        found = torch.cat([ids.where(inside, NOTHING), pairs], 1).sort(1).values  # (batch, 2 · time - 1)
        before = torch.cat([torch.full_like(found[:, :1], NOTHING), found[:, :-1]], 1)
        places = torch.zeros_like(found)  # how many of what is known are smaller
        half = 1 << (len(self.known) - 1).bit_length()
        while half:
            further = (places + half).clamp(max=len(self.known))
            places = further.where(self.known[further - 1] < found, places)
            half //= 2
        places = places.clamp(max=len(self.known) - 1)
        used = (self.known[places] == found) & (found != before)
        last = torch.full_like(places, len(self.known) - 1)  # whose weight is 0
        total: Tensor = self.weight[places.where(used, last)].sum(1)  # (batch, outputs)
        if self.mean:
            total = total / used.sum(1, keepdim=True).clamp(min=1).sqrt()
        return total + self.bias


def exportable(predictor: Any) -> Any:
    """The same predictor, or one like it whose models have other parts that compute the same."""
    if not any(isinstance(part, Bigrams) for model in predictor.models for part in model.modules()):
        return predictor
    other = copy.copy(predictor)
    other.models = [copy.deepcopy(model) for model in predictor.models]
    for model in other.models:
        for part in list(model.modules()):
            for name, inner in part.named_children():
                if isinstance(inner, Bigrams):
                    setattr(part, name, Searched(inner))
    return other
