"""`kassandra translate`: sentences into another language, line by line, and where the model looked; and `kassandra
caption`: what is on images."""

import sys
from collections.abc import Iterator
from types import ModuleType

from rich.console import Console
from rich.table import Table

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_terminal, print_csv, print_json
from kassandra.targets.text.evaluate.predict import Predictor, Translation
from kassandra.targets.text.train.target import are_captions

COMMAND = "translate"
SHADES = ["grey93", "grey78", "grey62", "grey42", "grey19"]  # of weights from 0.1 on, the last ones under white digits
WIDEST = 100_000  # columns of a table of weights


def show(
    predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool,
    beam: int, length_penalty: float, alignments: bool,
) -> None:  # fmt: skip
    """Print one line per sentence, an empty one for an empty one, so that files stay line by line. `reader`, which
    reads texts some at a time, is inputs/<kind>/show/own_pairs.py; or own_captions.py, which reads images.

    Raises:
        KassandraError: there is no sentence, or a number is out of range.
    """
    if alignments and predictor.models[0].decoder.attention is None:
        raise KassandraError("--alignments: this model has no attention (model.decoder.attention: none)")
    if are_captions(predictor.meta):
        _captions(predictor, reader, given, as_json, beam, length_penalty, alignments)
        return
    if given and not any(text.strip() for text in given):
        raise KassandraError(f"translate: expected a sentence, got {given[0]!r}")
    if not given and sys.stdin.isatty():
        source, target = (predictor.meta["languages"][side] for side in ("source", "target"))
        print(f"From {source} into {target}, a sentence per line; Ctrl-D ends.", file=sys.stderr)
    apart = predictor.members if as_json and len(predictor.models) > 1 else []
    for lines in reader.read(given, predictor.meta):
        translations = iter(predictor.translate([line for line in lines if line], beam, length_penalty, alignments))
        alone = [iter(one.translate([line for line in lines if line], beam, length_penalty, False)) for one in apart]
        pairs = ((line, next(translations) if line else None) for line in lines)
        if as_json:
            by_member = ((line, one, [next(each).text for each in alone] if one else []) for line, one in pairs)
            print_json(_as_json(line, one, members, alignments) for line, one, members in by_member)
        else:
            _print(pairs, alignments)


def _captions(
    predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool,
    beam: int, length_penalty: float, alignments: bool,
) -> None:  # fmt: skip
    """A row per image; all are read before the first is described, so that a bad one costs nothing."""
    names, images = reader.read(given, predictor.meta)
    captions = predictor.caption(images, beam, length_penalty, alignments)
    rows = [{reader.NAME: name, "caption": one.text, "log_probability": round(one.log_probability, 6)}
            for name, one in zip(names, captions, strict=True)]  # fmt: skip
    if as_json or alignments:
        print_json(
            row | ({"pieces": one.pieces, "attention": _rounded(one)} if alignments else {})
            for row, one in zip(rows, captions, strict=True)
        )
    elif sys.stdout.isatty() or len(rows) == 1:
        for row in rows:
            print(row["caption"] if len(rows) == 1 else f"{row[reader.NAME]}: {row['caption']}")
    else:
        print_csv(rows)


def _rounded(one: Translation) -> list[list[float]]:
    return [] if one.alignment is None else [[round(float(weight), 4) for weight in row] for row in one.alignment]


def _print(pairs: Iterator[tuple[str, Translation | None]], alignments: bool) -> None:
    for _, one in pairs:
        print(one.text if one else "", flush=True)
        if one and alignments:
            console, table = Console(highlight=False), _table(one)
            # A row per line, however many pieces there are: `less -S` scrolls sideways, and no weight is cut off.
            wide = console.options.update(max_width=WIDEST)
            console.width = max(console.width, console.measure(table, options=wide).maximum)
            console.print(table, soft_wrap=True)


def _as_json(line: str, one: Translation | None, members: list[str], alignments: bool) -> dict[str, object]:
    if one is None:
        return {"source": line, "translation": ""}
    row: dict[str, object] = {"source": line, "translation": one.text, "log_probability": round(one.log_probability, 6)}
    row |= {"members": members} if members else {}
    if alignments and one.alignment is not None:
        row |= {"source_pieces": one.source_pieces, "pieces": one.pieces, "alignment": _rounded(one)}
    return row


def _table(one: Translation) -> Table:
    """Source pieces across, pieces of the translation down; of each the share of the attention, in hundredths."""
    assert one.alignment is not None
    table = Table("", *(in_terminal(piece) for piece in one.source_pieces), box=None, padding=(0, 0, 0, 1))
    for piece, weights in zip(one.pieces, one.alignment, strict=True):
        table.add_row(in_terminal(piece), *(_cell(float(weight)) for weight in weights))
    return table


def _cell(weight: float) -> str:
    if weight < 0.1:
        return f"[grey50]{weight * 100:3.0f}[/]" if weight >= 0.005 else "[grey50]  ·[/]"
    shade = min(int(weight * 5), len(SHADES) - 1)
    return f"[{'white' if shade >= 2 else 'black'} on {SHADES[shade]}]{weight * 100:3.0f}[/]"
