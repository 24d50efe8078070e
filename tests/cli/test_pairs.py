"""`kassandra --help` names the pairs that there are, though it imports none of them."""

from kassandra.cli.app import app
from kassandra.params.sections.pipeline import kinds, readers


def test_every_target_with_the_inputs_that_it_takes():
    text = app.info.epilog.removeprefix("Inputs and targets: ").partition(".")[0]
    pairs = {target: inputs.split(", ") for inputs, _, target in (each.partition(" → ") for each in text.split("; "))}
    assert pairs == {target: readers(target) for target in kinds("targets")}
