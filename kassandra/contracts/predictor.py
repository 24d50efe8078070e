"""What every trained model has in common that `kassandra.load` returns; each target has a class of its own."""

from typing import Any


class TrainedModel:
    """A trained model in memory, in fp32 and evaluation mode, with what it needs to read inputs.

    model: the nn.Module. pair: its input and target, as training used them (training.pair.Pair). meta: what `prepare`
    wrote. fingerprint: of the machine that trained the model.
    """

    # `kassandra.load` sets these; see __repr__.
    name = input = target = variant = ""

    def __init__(self, model: Any, pair: Any, meta: dict[str, Any], fingerprint: dict[str, str]) -> None:
        self.model, self.pair, self.meta, self.fingerprint = model, pair, meta, fingerprint

    def choices(self) -> str:
        """What the model predicts, in short: `10 classes`."""
        return ""

    def __repr__(self) -> str:
        size = f"{sum(weight.numel() for weight in self.model.parameters()):,} parameters"
        facts = filter(None, [f"{self.input} → {self.target}", self.variant, self.choices(), size])
        return f"<kassandra model {self.name}: {', '.join(facts)}>"
