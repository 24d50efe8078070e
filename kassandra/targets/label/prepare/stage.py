"""Examples with a label each, or any number of them → train.npz, valid.npz, test.npz and meta.json."""

from pathlib import Path
from types import ModuleType
from typing import Any

from kassandra.contracts import split_examples
from kassandra.contracts.artifacts import write_arrays, write_json
from kassandra.contracts.examples import Examples
from kassandra.contracts.label_sets import many
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.spec import ModelSpec
from kassandra.params.sections.kind import Pipeline
from kassandra.targets.label.prepare import many_labels, one_label
from kassandra.targets.label.prepare.answers import Answers


def prepare(reader: ModuleType, raw: Path, folder: Path, params: Pipeline, seed: int) -> str:
    """Raw examples, as the input's `reader` reads and encodes them, → arrays and meta.json; returns what to report.

    Raises:
        KassandraError: the data cannot be read, or their labels do not suit what params ask for.
    """
    how: Any = params.prepare  # with the keys of the input and those of this target
    examples: Examples = reader.read(raw, params.source, how)
    kind = many_labels if many(how) else one_label
    answers: Answers = kind.answers(raw, examples, how, seed, params.source.tolerate)
    encoded = reader.encode(examples, answers.rows, how, seed)  # fitted on train only
    ids = split_examples.ids_of(examples)
    for name, some in answers.rows.items():
        example = Ragged.of_texts(ids[row] for row in some)
        arrays = {"labels": answers.labels[name], "example": example.flat, "example_offsets": example.offsets}
        write_arrays(folder / f"{name}.npz", **encoded.arrays[name], **arrays)
    counts = {name: len(some) for name, some in answers.rows.items()}
    spec = ModelSpec(outputs=len(answers.classes), many=many(how), **encoded.spec)
    near = split_examples.nearly_in_test(examples, answers.rows)
    meta = {"spec": spec.to_json(), "classes": answers.classes, "examples": counts, **answers.dropped, **near}
    meta |= {"train_labels": answers.of_train, **examples.meta, **encoded.meta, **answers.meta}
    write_json(folder / "meta.json", meta, sealed=True)
    sizes = ", ".join(f"{count} {name}" for name, count in counts.items())
    message = f"{sizes} {examples.unit} {answers.said}; "
    message += split_examples.said_of(answers.dropped, near, encoded.message, examples.nearly)
    return "\n".join(filter(None, [examples.message, answers.before, message, answers.after]))
