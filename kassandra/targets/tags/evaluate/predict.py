"""A trained tagger: the tag of each step."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.contracts.predictor import TrainedModel
from kassandra.contracts.spans import Span, spans


class Outputs(NamedTuple):
    """Of each sequence, in order.

    tags: numbers of the tags that the model chooses, one per step. log_probabilities: (steps, tags) of each step by
    itself.
    """

    tags: list[list[int]]
    log_probabilities: list[NDArray[np.float32]]


class Prediction(NamedTuple):
    """tags: one per step. spans: of them; none where tags are plain. probabilities: (steps,) of each tag, by itself.
    members: (members,) tags that each member chooses."""

    tags: list[str]
    spans: list[Span]
    probabilities: list[float]
    members: list[list[str]]


class Predictor(TrainedModel):
    """A tagger; `kassandra.load` gives one.

    Together, members choose the tags by the mean of their probabilities at each step (of a chain: its marginals): the
    sequence whose probabilities multiply to the largest number, in which every I- goes on with a span.
    """

    def __init__(self, models: Sequence[Any], pair: Any, meta: dict[str, Any], *described: Any) -> None:
        super().__init__(models, pair, meta, *described)
        tags, expected = meta["tags"], models[0].linear.out_features
        if not (isinstance(tags, list) and len(tags) == expected):
            raise ValueError(f"'tags' are not {expected} names")
        self.tags = [str(name) for name in tags]
        self.are_spans = bool(meta["spans"])

    def choices(self) -> str:
        return f"{len(self.tags)} tags"

    def predict(self, inputs: Any) -> list[Prediction]:
        """One prediction per sequence.

        Args:
            inputs: for texts a list of sentences, each a text, which is parted at its spaces, or a list of words.

        Raises:
            KassandraError: they are something else.
        """
        return self.predictions(self.of_members(self.pair.own(inputs)))

    def predictions(self, members: Sequence[Outputs]) -> list[Prediction]:
        """What members answer together, by name."""
        joint = self.together(members)
        predicted = []
        for row, (chosen, rows) in enumerate(zip(joint.tags, joint.log_probabilities, strict=True)):
            tags = self.named(chosen)
            sure = np.exp(rows[np.arange(len(chosen)), chosen]).tolist()
            each = [self.named(one.tags[row]) for one in members]
            predicted.append(Prediction(tags, spans(tags) if self.are_spans else [], sure, each))
        return predicted

    def named(self, tags: Sequence[int]) -> list[str]:
        return [self.tags[tag] for tag in tags]

    @torch.inference_mode()
    def together(self, members: Sequence[Outputs]) -> Outputs:
        """See the class."""
        if len(members) == 1:
            return members[0]
        rows = [
            np.logaddexp.reduce(each) - np.float32(math.log(len(members)))
            for each in zip(*(one.log_probabilities for one in members), strict=True)
        ]  # (steps, tags) each
        forbidden, tags = self.pair.target.forbidden, list[list[int]]()
        for row in rows:
            emissions = torch.from_numpy(row).unsqueeze(0).to(self.pair.target.device)  # (1, steps, tags)
            tags += forbidden.best(emissions, torch.tensor([len(row)], device=emissions.device))
        return Outputs(tags, rows)

    @torch.inference_mode()
    def of_members(self, split: Any) -> list[Outputs]:
        """What each member answers."""
        return [self._of_member(model, split) for model in self.models]

    def _of_member(self, model: Any, split: Any) -> Outputs:
        tags, rows = dict[int, list[int]](), dict[int, NDArray[np.float32]]()
        for numbers, batch in self.pair.numbered_batches(split):
            emissions = model(batch.inputs, batch.lengths).float()  # (batch, time, tags)
            chosen = model.decode(emissions, batch.lengths, self.pair.target.forbidden)
            each = model.log_probabilities(emissions, batch.lengths).cpu().numpy()  # (batch, time, tags)
            for number, path, one in zip(numbers.tolist(), chosen, each, strict=True):
                tags[number], rows[number] = path, one[: len(path)].copy()
        order = sorted(tags)
        return Outputs([tags[number] for number in order], [rows[number] for number in order])
