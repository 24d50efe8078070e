"""docs/promises.md says how many tests of this tier break what; `python -m tests.faults.test_count` writes it there."""

from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

PAGE = Path(__file__).parents[2] / "docs" / "promises.md"
ROWS = {
    "`kill -9` in each stage of each pair, in `dvc repro`, and as a checkpoint is written; SIGTERM, SIGHUP, Ctrl-C, "
    "two `dvc repro` at once; a damaged `dvc.lock`": (
        "faults/test_killed", "faults/test_members", "faults/test_ranks", "training/", "pipeline/", "test_stages",
    ),
    "a power cut: what is on the disk before it is named, and locks that are left; worktrees, submodules, `dvc gc`, "
    "merges of branches that both ran": ("faults/test_power", "faults/test_repositories", "faults/test_merges"),
    "a full disk, a disk or folder that may not be written to, at each stage; another user's cache": (
        "faults/test_disks", "faults/test_read_only",
    ),
    "a clock that jumps or stands still": ("faults/test_clocks",),
    "raw, prepared and trained files cut off, emptied, with a flipped bit, or gone; a damaged cache of DVC": (
        "faults/test_damaged", "contracts/",
    ),
    "archives with paths that lead out, links, bombs; recipes of strangers": (
        "faults/test_archives", "faults/test_hostile_recipes", "sources/test_archive", "sources/test_unpack",
    ),
    "tables without line ends, with 100 MB in a line, in other encodings; texts in which no word comes twice; arrays, "
    "pictures and recordings that promise more than there is memory, or hold a pickle": (
        "faults/test_hostile_files", "faults/test_hostile_tables", "inputs/", "sources/own/",
    ),
    "names of classes, experiments and studies, and texts, in pictures, tables, pages, CSV and messages; exceptions of "
    "any kind": (
        "faults/test_hostile_names", "faults/test_hostile_classes", "faults/test_experiment", "faults/test_plots_page",
        "faults/test_sentences", "judging/",
    ),
    "models that describe what they are not, tokenizers that never end, inputs that a model cannot take": (
        "faults/test_hostile_models", "faults/test_hostile_tokenizers", "test_inference",
    ),
    "a server that stops, lies, is slow or sends another file; wrong paths of the user": (
        "faults/test_slow", "sources/test_fetch", "sources/test_own", "sources/test_transfer",
    ),
    "each key of params.yaml with each kind of wrong value": ("faults/test_wrong_params", "params/"),
}  # fmt: skip


def table(items):
    """Of the tests of this tier, by what they break."""
    marked = [item for item in items if item.get_closest_marker("faults") and "test_count" not in str(item.path)]
    files = Counter(str(item.path).rpartition("/tests/")[2] for item in marked)
    lines = []
    for row, beginnings in ROWS.items():
        of_row = [name for name in files if name.startswith(beginnings)]
        lines.append(f"  | {row} | {sum(files.pop(name) for name in of_row)} |")
    lines += [f"  | others | {files.total()} |"] if files else []
    return "\n".join(lines)


def test_the_page_has_the_numbers_of_tests(request):
    if len({item.path for item in request.session.items}) < 30:
        pytest.skip("only with all of the tier")
    assert table(request.session.items) in PAGE.read_text(), "run `python -m tests.faults.test_count`"


class Collected:
    def pytest_collection_finish(self, session):
        before, head, rest = PAGE.read_text().partition("  |---|--:|\n")
        after = rest[rest.index("\n\n") + 1 :]
        PAGE.write_text(f"{before}{head}{table(session.items)}\n{after}")


if __name__ == "__main__":
    pytest.main(["--collect-only", "--quiet", "--quiet", "-n", "0", "-m", "faults", "tests"], plugins=[Collected()])
