"""The `model:` section of targets that have an answer at each step: variants that are more than a summary."""

from typing import Any, ClassVar, Literal

from pydantic import model_validator

from kassandra.params.sections import model, variants

# The variants that differ in the outputs of their steps, and the keys that they use.
PER_STEP = {
    name: module.USES - {"readout"}
    for name, module in variants.MODULES.items()
    if not getattr(module, "SUMMARY_ALONE", False)
}


class PerStepModel(model.Model):
    """Of models that answer at each step."""

    USES: ClassVar[dict[str, set[str]]] = PER_STEP
    ANSWERS: ClassVar[str] = "answers"  # what is read from the outputs of the steps, in the plural

    variant: Literal[*PER_STEP]  # type: ignore[valid-type]

    @model_validator(mode="before")
    @classmethod
    def every_step_has_an_output(cls, values: Any) -> Any:
        variant = values.get("variant") if isinstance(values, dict) else None
        if isinstance(variant, str) and variant in model.Model.USES and variant not in PER_STEP:
            raise ValueError(
                f"variant {variant!r} differs in its summary of a sequence alone, and {cls.ANSWERS} are read from the "
                f"outputs of its steps; choose one of {sorted(PER_STEP)}"
            )
        return values
