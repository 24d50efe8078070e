"""A line is edited in each room of a clone, and `dvc status` names the pipelines that use it, and no other."""

import json
from pathlib import Path

import pytest

from tests.clone import Clone
from tests.pipeline.test_dependencies import PAIRS, ROOT, STAGES

pytestmark = [pytest.mark.slow, pytest.mark.pipelines]


@pytest.fixture(scope="module")
def clone(root, tmp_path_factory) -> Clone:
    """The default pipelines as if they had run: DVC does not look into what was made, so anything will do."""
    clone = Clone.of_working_tree(root, tmp_path_factory.mktemp("stale") / "kassandra", ())
    clone.git("init", "--quiet")
    for name in PAIRS:
        for stage in STAGES.values():
            outs = [out if isinstance(out, str) else next(iter(out))
                    for key in ("outs", "metrics", "plots") for out in stage.get(key, [])]  # fmt: skip
            for out in outs:
                path = clone.root / out.replace("${key}", name)
                path = path if path.suffix else path / "anything"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{out} of {name}")
    clone.commit()
    clone.dvc("commit", "--force", "--quiet")
    assert "up to date" in clone.dvc("status")
    return clone


def stale(clone: Clone) -> dict[str, set[str]]:
    """Pipeline → its stages whose code changed."""
    found: dict[str, set[str]] = {}
    for name, changes in json.loads(clone.dvc("status", "--json")).items():
        stage, _, pipeline = name.partition("@")
        if any("changed deps" in change for change in changes if isinstance(change, dict)):
            found.setdefault(pipeline, set()).add(stage)
    return found


def rooms() -> list[Path]:
    """One file of each folder of kassandra that has code."""
    files = [file for file in sorted((ROOT / "kassandra").rglob("*.py")) if file.read_text().strip()]
    return list({file.parent: file for file in files}.values())


def users(file: Path) -> set[str]:
    """The pipelines of the kind that a file belongs to, or of the kinds that link it; all where it belongs to none."""
    parts = file.relative_to(ROOT / "kassandra").with_suffix("").parts
    if parts[0] == "vocabulary":
        kinds = {
            link.relative_to(ROOT / "kassandra").parts[:2] for link in ROOT.glob(f"kassandra/*/*/*/{file.stem}.link")
        }
        return {name for name, pair in PAIRS.items() if kinds & {("inputs", pair[0]), ("targets", pair[1])}}
    at = parts[1:] if parts[0] == "params" else parts
    if len(at) > 1 and at[0] in ("inputs", "targets"):
        return {name for name, pair in PAIRS.items() if pair[at[0] == "targets"] == at[1]}
    return set(PAIRS)


def test_exactly_the_pipelines_that_use_a_room_become_stale(clone):
    idle = {"cli", "comparison", "experiments", "before", "detection", "export", "serving"}  # no stage runs them
    beside = {"show.py", "card.py", "explore.py", "export.py", "serve.py"}  # of a kind, nor these
    for file in rooms():
        where = file.relative_to(ROOT)
        original = (clone.root / where).read_text()
        (clone.root / where).write_text(original + "# edited\n")
        found = stale(clone)
        if where.parts[1] == "params":  # download depends on all of it, to report an unknown kind in a sentence of ours
            found = {name: stages - {"download"} for name, stages in found.items() if stages - {"download"}}
        (clone.root / where).write_text(original)
        unused = where.parts[1] in idle or where.name in beside or "detect" in where.parts or len(where.parts) == 2
        expected = set() if unused else users(file)
        assert set(found) == expected, where
