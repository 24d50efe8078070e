"""`target: count`: how many of something there are in a sequence; its sections of params.yaml."""

from kassandra.contracts.section import Section
from kassandra.params.sections.kind import Fraction, Sections

READS = ("examples",)


class Prepare(Section):
    """Which examples are in valid and test, drawn by seed.

    valid_fraction, test_fraction: shares of all examples.
    """

    valid_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.25


sections = Sections(prepare=Prepare)
