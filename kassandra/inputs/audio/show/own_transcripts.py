"""Sound files of a user's, read for `kassandra predict`, which writes down what is said in them."""

from kassandra.inputs.audio.show.own_examples import NAME, OPTIONS, read

__all__ = ["NAME", "OPTIONS", "read"]
