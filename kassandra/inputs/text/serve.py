"""What `kassandra serve` takes of texts. A function named after a reading gives names and inputs of what is sent as
JSON, as `read` of show/own_<reading>.py does of files; other readings take it as it is."""

from typing import Any

from kassandra.inputs.text.train.steps import Sequences

WITHOUT_FILES = {"pairs", "stream"}  # a sentence, or a prompt, comes as JSON alone


def steps(inputs: list[Any]) -> tuple[list[list[str]], list[list[str]]]:
    """Sentences, each a text, which is parted at its spaces, or a list of words; as their words twice.

    Raises:
        KassandraError: one is neither, or holds no word.
    """
    parted = Sequences.parted(inputs)
    return parted, parted
