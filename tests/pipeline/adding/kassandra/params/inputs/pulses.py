"""`input: pulses`: its sections of params.yaml."""

from pydantic import Field

from kassandra.params.sections import kind
from kassandra.params.sections.kind import Sections


class Train(kind.Train):
    """Of pulses:

    batch_size: sequences per step.
    """

    batch_size: int = Field(16, ge=1, le=100_000)


examples = Sections(train=Train)
