"""Several encoder-decoders that write one text: at each step by the mean of their probabilities."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kassandra.targets.text.train.encoder_decoder import EncoderDecoder, Memorised


class _Each(tuple[Any, ...]):
    """What each member remembers of a batch, or where it stands."""

    def take(self, rows: Tensor) -> "_Each":
        return _Each(None if one is None else one.take(rows) for one in self)


class Together:
    """What `search` asks of a model, of several with one vocabulary."""

    def __init__(self, members: Sequence[EncoderDecoder]) -> None:
        self.members = members

    def read(self, ids: Tensor, lengths: Tensor | None) -> Any:
        """As EncoderDecoder.read."""
        each = [member.read(ids, lengths) for member in self.members]
        return Memorised(_Each(one.memory for one in each), _Each(one.standing for one in each))  # type: ignore[arg-type]

    def next(self, source: Any, tokens: Tensor) -> tuple[Tensor, Any, Tensor | None]:
        """As EncoderDecoder.next; the attention is the mean of the members'."""
        sources = [Memorised(*one) for one in zip(source.memory, source.standing, strict=True)]
        each = [member.next(one, tokens) for member, one in zip(self.members, sources, strict=True)]
        log_probabilities = torch.stack([one for one, _, _ in each]).logsumexp(0) - math.log(len(each))
        looked = [attention for _, _, attention in each if attention is not None]
        mean = torch.stack(looked).mean(0) if looked else None  # (batch, time)
        return log_probabilities, _Each(standing for _, standing, _ in each), mean
