"""Files with a text in each line: of one label, or with the label at its beginning, as fastText has it."""

from pathlib import Path

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.label_sets import joined
from kassandra.inputs.text.prepare.table import EMPTY, LARGEST, NO_LABEL, Texts, hint_of_labels
from kassandra.params.inputs.text import ExamplesSource
from kassandra.sources.own.fasttext import split_label
from kassandra.sources.own.lines import NOT_UTF_8, encoding_hint, garbled, lines_of
from kassandra.sources.own.one_hot import SEVERAL
from kassandra.sources.own.refused import Refused, sentence
from kassandra.sources.own.unpacked import readable, unpacked


def read_lines(path: Path, source: ExamplesSource, label: str | None = None, many: bool = False) -> Texts:
    """The texts of a file; empty lines are none.

    Args:
        label: of all lines; None looks for `__label__` in each, where there are labels. many: whether there may be any
            number of them.

    Raises:
        KassandraError: the file cannot be read, or no line is good.
    """
    texts, labels, lines, refused, bad = list[str](), list[str](), list[int](), list[Refused](), list[str]()
    with readable(path), unpacked(path) as (file, _):
        for number, line in enumerate(lines_of(file, path, source.encoding, LARGEST), 1):
            if not line.strip() or number <= source.skip_rows:
                continue
            text, own = (line.strip(), [label]) if label is not None else _split(line, source)
            if reason := garbled(line):
                bad.append(line)
            elif many:
                reason, own = "" if text else EMPTY, [joined(own)]
            else:
                reason = SEVERAL if len(own) > 1 else EMPTY if not text else "" if own else NO_LABEL
            if reason:
                refused.append(Refused(number, reason, own[0] if len(own) == 1 else None))
                continue
            texts.append(text)
            labels.append(own[0])
            lines.append(number)
    hint = encoding_hint(bad) if any(row.reason == NOT_UTF_8 for row in refused) else hint_of_labels(refused)
    if not texts:
        what = f"{sentence(refused, path, len(refused))}; no line is good"
        raise KassandraError("; ".join(filter(None, [what, hint])))
    return Texts(texts, labels, refused, lines, ("", ""), [], hint)


def _split(line: str, source: ExamplesSource) -> tuple[str, list[str]]:
    """The text of a line, and its labels."""
    if source.layout != "first":
        return split_label(line)
    label, _, text = line.strip().partition(" ")
    return text.strip(), [label]


def texts_of_lines(path: Path, source: ExamplesSource) -> list[str]:
    """The lines of a file without labels, for `kassandra predict`. Raises as `read_lines`."""
    with readable(path), unpacked(path) as (file, _):
        lines = lines_of(file, path, source.encoding, LARGEST)
        texts = [line.strip() if source.layout == "first" else split_label(line)[0] for line in lines]
    return [text for text in texts if text]
