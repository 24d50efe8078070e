"""Every pair of an input and a target, and the sections that it has."""

from kassandra.contracts.section import sections_in
from kassandra.params.sections.pipeline import kinds, pipeline_of, readers

PAIRS = [(input, target) for target in kinds("targets") for input in readers(target)]


def section(input, target, name):
    """The class of a section of a pair."""
    return pipeline_of(input, target).model_fields[name].annotation


def all_sections():
    """By dotted name: text-label.train, images-label.train.distort, …; a class that several pairs have stands once."""
    found = {}
    for input, target in PAIRS:
        for name in ("source", "prepare", "model", "train"):
            kind = section(input, target, name)
            found.setdefault(kind, f"{input}-{target}.{name}")
            for key, field in kind.model_fields.items():
                for inner in sections_in(field.annotation):
                    found.setdefault(inner, f"{input}-{target}.{name}.{key}")
    return {name: kind for kind, name in found.items()}
