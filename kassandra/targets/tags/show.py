"""`kassandra predict` of taggers: each sequence with its spans in brackets and colours; as JSON, CSV or a page."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from kassandra.contracts.printed import print_csv, print_json, visible
from kassandra.contracts.spans import OUTSIDE, parted
from kassandra.targets.tags.evaluate import tagged_text
from kassandra.targets.tags.evaluate.predict import Prediction, Predictor

COMMAND = "predict"
OPTIONS = {"html"}
COLOURS = ["blue", "magenta", "green", "yellow", "cyan", "red"]


def show(predictor: Predictor, reader: ModuleType, given: list[str], as_json: bool, html: Path | None = None) -> None:
    """Print a line per sequence; all are read before the first is predicted. `reader` is
    inputs/<kind>/show/own_steps.py: `read` gives of each sequence its steps as texts, and what the model reads.

    Raises:
        KassandraError: there is no input, or one cannot be read.
    """
    steps, inputs = reader.read(given, predictor.meta)
    predictions = predictor.predict(inputs)
    rows = list(zip(steps, predictions, strict=True))
    types = [parted(tag)[1] if predictor.are_spans else tag for tag in predictor.tags]
    types = [name for name in dict.fromkeys(types) if name]
    if html:
        from kassandra.judging.highlight import write_page

        lines = "\n".join(
            f'<section><p class="text">{tagged_text.html(words, one.tags, predictor.are_spans, types)}</p></section>'
            for words, one in rows
        )
        write_page(f"Tagged by {predictor.name}", tagged_text.STYLE, lines, html)
    if as_json:
        print_json(whole(words, one, predictor) for words, one in rows)
    elif sys.stdout.isatty():
        _print(rows, predictor, types)
    else:
        print_csv(
            [
                {"sequence": number, "step": step, "text": word, "tag": tag, "probability": round(sure, 6)}
                for number, (words, one) in enumerate(rows, 1)
                for step, (word, tag, sure) in enumerate(zip(words, one.tags, one.probabilities, strict=True), 1)
            ]
        )


def _print(rows: list[tuple[list[str], Prediction]], predictor: Predictor, types: list[str]) -> None:
    """Spans as [text type], so that they are plain without colours."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for words, one in rows:
        line = Text()
        for text, kind in tagged_text.parts(words, one.tags, predictor.are_spans):
            text, name = visible(text), visible(kind)  # a stranger's model may hold what turns a terminal round
            line.append(" " if line else "")
            if not kind or kind == OUTSIDE:
                line.append(text)
                continue
            colour = COLOURS[types.index(kind) % len(COLOURS)]
            line.append("[", style="bold")
            line.append(text, style=f"bold {colour}")
            line.append(f" {name}", style=f"italic {colour}")
            line.append("]", style="bold")
        disagree = sum(each != one.tags for each in one.members)
        if disagree:
            line.append(f"  ({disagree} of {len(one.members)} members differ)", style="bright_black")
        console.print(line, soft_wrap=True)


def whole(words: list[str], one: Prediction, predictor: Predictor) -> dict[str, Any]:
    """As `kassandra predict --json` prints it, and `kassandra serve` answers."""
    row: dict[str, Any] = {"steps": words, "tags": one.tags}
    row["probabilities"] = [round(sure, 6) for sure in one.probabilities]
    if predictor.are_spans:
        row["spans"] = [
            {"start": span.start, "end": span.end, "type": span.type, "text": " ".join(words[span.start : span.end])}
            for span in one.spans
        ]
    return row | ({"members": one.members} if len(one.members) > 1 else {})
