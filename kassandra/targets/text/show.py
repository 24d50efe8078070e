"""`kassandra translate`: sentences into another language, line by line, and where the model looked."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kassandra.contracts.errors import KassandraError
from kassandra.inference import Translation, Translator, load
from kassandra.inputs.text.show.lines import texts as lines_of

SHADES = ["grey93", "grey78", "grey62", "grey42", "grey19"]  # of weights from 0.1 on, the last ones under white digits
LONGEST = 10_000  # characters of a sentence: time grows with the square of it, and minutes would pass without a word
WIDEST = 100_000  # columns of a table of weights
AT_ONCE = 256  # lines that are translated together: the first appear soon, and the batches are full


def translate(
    folder: Path, texts: list[str], beam: int, length_penalty: float, alignments: bool, as_json: bool
) -> None:
    """Print one line per sentence, an empty one for an empty one, so that files stay line by line.

    Raises:
        KassandraError: the folder holds no model that translates, or a number is out of range.
    """
    model = load(folder)
    if not isinstance(model, Translator):
        task = model.meta["task"]
        raise KassandraError(f"{folder}: a model of task {task!r} does not translate; try `kassandra predict`")
    if alignments and model.model.decoder.attention is None:
        raise KassandraError(f"--alignments: {folder} has no attention (model.decoder.attention: none)")
    if texts and not any(text.strip() for text in texts):
        raise KassandraError(f"translate: expected a sentence, got {texts[0]!r}")
    if not texts and sys.stdin.isatty():
        languages = model.meta["languages"]
        print(
            f"From {languages['source']} into {languages['target']}, a sentence per line; Ctrl-D ends.", file=sys.stderr
        )
    lines: list[str] = []
    for line in lines_of(texts, LONGEST):
        lines.append(line)
        if len(lines) == (1 if not texts and sys.stdin.isatty() else AT_ONCE):
            _show(model, lines, beam, length_penalty, alignments, as_json)
            lines = []
    _show(model, lines, beam, length_penalty, alignments, as_json)


def _show(
    model: Translator, lines: list[str], beam: int, length_penalty: float, alignments: bool, as_json: bool
) -> None:
    found = iter(model.translate([line for line in lines if line], beam, length_penalty, alignments))
    for line in lines:
        one = next(found) if line else None
        if as_json:
            print(json.dumps(_as_json(line, one, alignments), ensure_ascii=False), flush=True)
            continue
        print(one.text if one else "", flush=True)
        if one and alignments:
            console, table = Console(highlight=False), _table(one)
            # A row per line, however many pieces there are: `less -S` scrolls sideways, and no weight is cut off.
            wide = console.options.update(max_width=WIDEST)
            console.width = max(console.width, console.measure(table, options=wide).maximum)
            console.print(table, soft_wrap=True)


def _as_json(line: str, one: Translation | None, alignments: bool) -> dict[str, object]:
    if one is None:
        return {"source": line, "translation": ""}
    told: dict[str, object] = {
        "source": line,
        "translation": one.text,
        "log_probability": round(one.log_probability, 6),
    }
    if alignments and one.alignment is not None:
        weights = [[round(float(weight), 4) for weight in row] for row in one.alignment]
        told |= {"source_pieces": one.source_pieces, "pieces": one.pieces, "alignment": weights}
    return told


def _table(one: Translation) -> Table:
    """Source pieces across, pieces of the translation down; of each the share of the attention, in hundredths."""
    assert one.alignment is not None
    table = Table("", *(escape(piece) for piece in one.source_pieces), box=None, padding=(0, 0, 0, 1))
    for piece, weights in zip(one.pieces, one.alignment, strict=True):
        table.add_row(escape(piece), *(_cell(float(weight)) for weight in weights))
    return table


def _cell(weight: float) -> str:
    if weight < 0.1:
        return f"[grey50]{weight * 100:3.0f}[/]" if weight >= 0.005 else "[grey50]  ·[/]"
    shade = min(int(weight * 5), len(SHADES) - 1)
    return f"[{'white' if shade >= 2 else 'black'} on {SHADES[shade]}]{weight * 100:3.0f}[/]"
