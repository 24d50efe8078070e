"""What every trained model has in common that `kassandra.load` returns; each target has a class of its own."""

from collections.abc import Sequence
from typing import Any, Self


class TrainedModel:
    """A trained model in memory, in fp32 and evaluation mode, with what it needs to read inputs.

    It answers as all its members together: by the mean of their probabilities or distributions.

    models: an nn.Module per member, trained from different seeds. pair: its input and target, as training used them
    (training.pair.Pair). meta: what `prepare` wrote. fingerprint: of the machine that trained the model. seeds: of each
    member; empty where it is not known.
    """

    # `kassandra.load` sets these; see __repr__.
    name = input = target = variant = ""

    def __init__(
        self, models: Sequence[Any], pair: Any, meta: dict[str, Any], fingerprint: dict[str, str],
        seeds: Sequence[int] = (),
    ) -> None:  # fmt: skip
        self.models, self.pair, self.meta, self.fingerprint, self.seeds = models, pair, meta, fingerprint, seeds

    @property
    def members(self) -> list[Self]:
        """Each member as a model of its own."""
        seeds = [[seed] for seed in self.seeds] or [[]] * len(self.models)
        each = zip(self.models, seeds, strict=True)
        return [type(self)([model], self.pair, self.meta, self.fingerprint, seed) for model, seed in each]

    def choices(self) -> str:
        """What the model predicts, in short: `10 classes`."""
        return ""

    def __repr__(self) -> str:
        size = f"{sum(weight.numel() for weight in self.models[0].parameters()):,} parameters"
        members = f"{len(self.models)} members" if len(self.models) > 1 else ""
        facts = filter(None, [f"{self.input} → {self.target}", self.variant, self.choices(), size, members])
        return f"<kassandra model {self.name}: {', '.join(facts)}>"
