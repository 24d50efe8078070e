"""A trained language model: the loss of each token of a text, and texts that it writes."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.predictor import TrainedModel
from kassandra.contracts.spec import PAD, UNK
from kassandra.lstm.encoder import State


def together(members: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(tokens,) nats by the mean of the members' probabilities."""
    if len(members) == 1:
        return members[0]
    return np.asarray(math.log(len(members)) - np.logaddexp.reduce(-np.array(members)))


class Predictor(TrainedModel):
    """A language model; `kassandra.load` gives one."""

    def choices(self) -> str:
        return f"{len(self.meta['vocabulary'])} {self.meta['tokens']}"

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[NDArray[np.float64]]:
        """By each member (tokens - 1,) nats of each token but the first, predicted from all before it, of a split that
        `pair` has read."""
        target = self.pair.target
        return [target.losses(model, self.pair.numbered_batches(split, 1)).numpy() for model in self.models]

    def losses(self, split: Any) -> NDArray[np.float64]:
        """As `of_members`, by all together."""
        return together(self.of_members(split))

    @torch.inference_mode()
    def write(
        self, prompt: str, length: int, temperature: float = 1.0, top_p: float = 1.0, seed: int = 0
    ) -> Iterator[str]:
        """A continuation of `prompt`, piece by piece; the same for the same seed.

        Args:
            length: how many characters, or words, are written.
            temperature: logits are divided by it: below 1 more likely pieces, above 1 less likely ones; 0 always takes
                the likeliest.
            top_p: draws are from the fewest likeliest pieces whose probabilities reach it (nucleus sampling; Holtzman
                et al. 2020), in (0, 1].

        Raises:
            KassandraError: a value is out of range, or nothing of the prompt is in the vocabulary.
        """
        if not (0 <= temperature < float("inf") and 0 < top_p <= 1 and length >= 1):
            raise KassandraError(
                "expected 0 ≤ temperature < ∞, 0 < top_p ≤ 1 and length ≥ 1, "
                f"got {temperature:g}, {top_p:g} and {length}"
            )
        device = next(self.models[0].parameters()).device
        ids = torch.from_numpy(self.pair.sequences.own(prompt).astype(np.int64)).to(device)  # (tokens,)
        generator = torch.Generator().manual_seed(seed)
        states: list[list[State] | None] = [None] * len(self.models)
        for _ in range(length):
            each = []
            for place, model in enumerate(self.models):
                read = model(ids.unsqueeze(0), states[place])
                states[place] = read.state
                each.append(model.logits(read.outputs[0, -1]).double().cpu())  # (vocab_size,)
            logits = each[0] if len(each) == 1 else torch.stack(each).log_softmax(1).logsumexp(0)
            logits[[PAD, UNK]] = float("-inf")  # neither can be written
            ids = draw(logits, temperature, top_p, generator).view(1).to(device)
            yield self.pair.target.piece(int(ids))


def draw(logits: torch.Tensor, temperature: float, top_p: float, generator: torch.Generator) -> torch.Tensor:
    """() the id of a token drawn by `logits` (vocab_size,); see `Predictor.write`."""
    if temperature == 0:
        return logits.argmax()
    logits = (logits - logits.max()) / temperature  # none above 0, so that a small temperature gives no infinity
    probabilities, ids = logits.softmax(0).sort(descending=True, stable=True)  # (vocab_size,) each
    before = probabilities.cumsum(0) - probabilities  # (vocab_size,): of all that are likelier
    kept = probabilities.masked_fill(before >= top_p, 0)  # the likeliest always stays
    return ids[torch.multinomial(kept, 1, generator=generator)].squeeze(0)
