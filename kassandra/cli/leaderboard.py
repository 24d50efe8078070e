"""`kassandra leaderboard`: what was recorded, in the terminal, as a page that git keeps, or as JSON."""

import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from kassandra.cli.changed import warn_of_changes
from kassandra.contracts.artifacts import whole
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.printed import in_markdown, in_terminal, visible
from kassandra.experiments import recorded
from kassandra.experiments.leaderboard import Board, Row, boards
from kassandra.judging.method import ENOUGH
from kassandra.judging.ranking import Rank

HEAD = """\
# Leaderboard

Written by `{command}` from the working tree, the last commit and every
experiment of DVC; do not edit. Each row is one model: the same params but for the seed, the same code and data.
"""
TAIL = """\
## How to read this

- **Scores** are means over seeds, on test. The 95% interval holds for other seeds *and* other test examples of the same
  kind.
- **best** has the best mean; **=** cannot be set apart from it; rows without a mark are worse for sure, by the test of
  `kassandra compare`: Welch's over seeds, with the share of test examples, paired where both were asked the same ones,
  else (*unpaired*) from their two intervals. The level is 0.05 / (models - 1), one-sided, as the best was picked among
  all: with 95% confidence the truly best one is among those marked.
- **CPU s** are of one member's training, the mean over seeds; –, where it ran elsewhere. They grow where a machine is
  shared.
- **commit** is what a row's first experiment was based on; without one, where its weights entered `dvc.lock`.
- **best baseline** needs no LSTM; its mean over the seeds.
- What has fewer than 3 seeds is not ranked: `train.seeds` says how many there are.
"""
MARKS = {"best": "best", "tied": "=", "worse": "", "few": f"needs {ENOUGH} seeds"}
COLUMNS = ["model", "seeds", "parameters", "CPU s", "commit", "best baseline"]  # the score stands after the model
RESULTS = re.compile(r"^<!-- results: (.*) -->$", re.MULTILINE)  # of each row, the MD5 of its weights, joined by +
WIDTH = 120  # columns of text, so that no number is cut where the output is no terminal


def leaderboard(names: list[str], output: Path | None, as_json: bool, force: bool = False) -> None:
    """Print the tables, or JSON; with `output`, write the page as well.

    Raises:
        KassandraError: nothing is recorded of these pipelines; this is no repository of git and DVC; the page is there
            and has rows that would be lost (not with `force`).
    """
    record = recorded.read(names)
    known = {result.pipeline for result in record.results}
    if absent := [name for name in names if name not in known] or ([] if known else ["any pipeline"]):
        more = "".join(f"\n{sentence}" for sentence in record.left_out)
        first = names[0] if names else "mnist"
        raise KassandraError(f"no results of {', '.join(absent)} are recorded; `dvc repro evaluate@{first}`{more}")
    all_boards = boards(record.results)
    warn_of_changes(known)
    if output:
        if output.exists() and not force:
            _keep(output, all_boards)
        with whole(output) as partial:
            partial.write_text(page(all_boards, record.left_out, [*names, "--output", str(output)]), encoding="utf-8")
    if as_json:
        print(json.dumps({"boards": [_plain(board) for board in all_boards], "left_out": record.left_out}, indent=2))
        return
    _show(all_boards)
    for sentence in record.left_out:
        print(f"Left out: {visible(sentence)}")
    if output:
        print(f"Wrote {output}")


def _keep(path: Path, now: list[Board]) -> None:
    """Raises: KassandraError: the page has rows of which not all results are recorded here, nor in a commit of now."""
    there = path.read_text(encoding="utf-8", errors="replace")
    if not there.startswith(HEAD.partition("\n")[0]):
        raise KassandraError(f"{path}: is no leaderboard, so it is not overwritten; give another --output, or --force")
    rows = len(re.findall(r"^\| (?!\| model |---)", there, re.MULTILINE))
    listed = RESULTS.search(there)  # a page of before has no such line, and which results it shows is not known
    known = {weights for board in now for row in board.rows for weights in row.weights}
    shown = [row.split("+") for row in listed[1].split()] if listed else []
    lost = sum(any(each not in known and not recorded.first_with(each) for each in row) for row in shown)
    if lost := lost if listed else rows:
        raise KassandraError(
            f"{path}: {lost} of its {rows} rows are of results that are not {'recorded here' if listed else 'known'}, "
            "or not of the pipelines named, and would be lost; `dvc exp pull origin --all-commits` brings experiments "
            "that were pushed, another --output leaves this page as it is, --force replaces it"
        )


def _show(all_boards: list[Board]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    for board in all_boards:
        table = Table("", COLUMNS[0], board.headline, *COLUMNS[1:], title=in_terminal(_title(board)), box=None)
        for row in board.rows:
            table.add_row(*map(in_terminal, _cells(row)))
        console.print(table)
        console.print(f"{in_terminal(_summary(board))}\n")


def _plain(board: Board) -> dict[str, Any]:
    tree = asdict(board)
    for row, plain in zip(board.rows, tree["rows"], strict=True):
        plain["rank"]["interval"] = row.rank.interval and row.rank.interval._asdict()
    return tree


def page(all_boards: list[Board], left_out: list[str], arguments: list[str]) -> str:
    parts = [
        HEAD.format(command=" ".join(["kassandra leaderboard", *arguments])),
        *(_table(board) for board in all_boards),
    ]
    if left_out:
        parts.append("\n".join(["## Left out", "", *(f"- {in_markdown(sentence)}" for sentence in left_out)]) + "\n")
    results = " ".join("+".join(row.weights) for board in all_boards for row in board.rows)
    return "\n".join([*parts, TAIL, f"<!-- results: {results} -->\n"])


def _title(board: Board) -> str:
    return board.pipeline + (f": {board.asked}" if board.asked else "")


def _table(board: Board) -> str:
    better = "higher" if board.larger_is_better else "lower"
    lines = [
        f"## {_title(board)}", "", f"{board.headline} on test, {better} is better.", "",
        f"| | {COLUMNS[0]} | {board.headline} | {' | '.join(COLUMNS[1:])} |",
        "|---|---|---|--:|--:|--:|---|---|",
    ]  # fmt: skip
    for row in board.rows:
        mark, *cells = (cell.replace("|", "\\|").replace("<", "&lt;") for cell in _cells(row))
        mark = mark.replace("best", "**best**").replace("unpaired", "*unpaired*")
        lines.append(f"| {' | '.join([mark, *cells])} |")
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    mark = MARKS[row.rank.standing] + (" unpaired" if row.rank.paired is False else "")
    cpu = "–" if row.cpu_seconds is None else f"{row.cpu_seconds:,.0f}"
    numbers = [_score(row.rank), str(len(row.seeds)), f"{row.parameters:,}", cpu]
    return [mark, row.name, *numbers, row.commit, f"{_number(row.baseline_score)} ({row.baseline})"]


def _score(rank: Rank) -> str:
    """
    >>> from kassandra.judging.intervals import Estimate
    >>> _score(Rank("best", 0.01648, Estimate(0.01648, 0.0141, 0.0189)))
    '0.01648 [0.01410, 0.01890]'
    """
    if rank.interval is None:
        return _number(rank.mean)
    value, low, high = (_number(number, rank.mean) for number in rank.interval)
    return f"{value} [{low}, {high}]"


def _number(value: float, like: float | None = None) -> str:
    """Four decimals, or as many as show four digits of `like`.

    >>> _number(0.9912), _number(0.01648), _number(12.5, 0.01648)
    ('0.9912', '0.01648', '12.50000')
    """
    size = abs(value if like is None else like)
    return f"{value:.{max(4, math.ceil(-math.log10(size)) + 3) if size else 4}f}"


def _summary(board: Board) -> str:
    rows = board.rows
    tied = [row.name for row in rows if row.rank.standing == "tied"]
    few = sum(row.rank.standing == "few" for row in rows)
    sentence = f"{_title(board)}: {board.headline} of {len(rows)} model{'s' * (len(rows) > 1)}"
    also = f", not to be set apart from it: {'; '.join(tied)}" if tied else ", better than all others" * (len(rows) > 1)
    for row in rows:
        if row.rank.standing == "best":
            sentence += f"; best is {row.name} with {_score(row.rank)}{also}"
    return sentence + (f"; {few} with fewer than {ENOUGH} seeds" if few else "")
