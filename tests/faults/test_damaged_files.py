"""Files that stages hand to each other, damaged: whoever reads one says so, or ends with the same bytes as ever.

Through the scripts alone here, as DVC's own eyes are not always open (test_damaged_cache.py). Where a format has no
checksum (texts and tables as they were downloaded, history.csv) a flipped bit may be another text: DVC alone can tell.
"""

import hashlib
import shutil
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PAIRS = ["images-label", "text-label", "text-next", "series-forecast", "audio-label", "text-text"]
PLAIN = (".csv", ".txt", ".review")  # formats without a checksum
ADVICE = "`chmod -R u+w .dvc/cache` has DVC check it first"


def flipped(content, seeded):
    changed = bytearray(content)
    changed[seeded.randrange(len(content))] ^= 1 << seeded.randrange(8)
    return bytes(changed)


def damages(content, seeded):
    yield "empty", b""
    yield "cut off", content[: seeded.randrange(1, len(content))]
    yield "flipped", flipped(content, seeded)
    yield "another", b"<!DOCTYPE html><title>404 Not Found</title>\n"


def another_digit(name, content, seeded):
    """JSON that is read as ever, and says something else: in one of its values, not in the name of its checksum."""
    places = [
        place
        for place, sign in enumerate(content)
        if chr(sign).isdigit() and chr(content[place - 1]) in " 123456789" and b'"sha' not in content[place - 6 : place]
    ]
    if name.endswith(".json") and places:
        place = seeded.choice(places)
        yield (
            "another digit",
            content[:place] + str((int(chr(content[place])) + 1) % 9 + 1).encode() + content[place + 1 :],
        )


@pytest.mark.parametrize("stage", ["prepare", "baseline", "pretrain", "train", "evaluate"])
@pytest.mark.parametrize("pair", PAIRS)
def test_each_file_that_a_stage_reads(pair, stage, workplace, undisturbed, faults, seeded):
    expected = faults.contents(undisturbed(pair).root)
    place = workplace(pair)
    others = tuple(name for name in expected if not name.startswith(faults.WRITES[stage]))
    read = [name for name in expected if name.startswith(faults.READS[stage] or ("nothing",))]
    refused = 0
    for name in read:
        of_this = set()
        cases = [*damages(expected[name], seeded), *another_digit(name, expected[name], seeded)]
        for damage, content in cases:
            place.path(name).write_bytes(content)
            ended = place.run(stage)
            what = f"{name} {damage}"
            if ended.status == 0:
                assert "Traceback" not in ended.printed, what
                after = place.contents()
                same = {path for path in expected if after.get(path) == expected[path]}
                plain = name.endswith(PLAIN)
                assert plain or same >= set(expected) - {name}, what
            else:
                sentence = ended.sentence()
                of_this.add(damage)
                assert name.endswith(PLAIN) or str(Path(name).parent) in sentence, f"{what}: {sentence}"
            place.path(name).write_bytes(expected[name])
        # What is read at all is never let through, but for a bit of no consequence.
        sure = {damage for damage, _ in cases} - {"flipped"}
        assert name.endswith(PLAIN) or not of_this or sure <= of_this, f"{name}: {sure - of_this} was not refused"
        refused += len(of_this)
        assert place.contents(*others) == {path: expected[path] for path in others}  # nothing good is lost
    assert place.run(stage).status == 0
    assert place.contents() == expected
    assert refused >= len(read) or stage == "pretrain"  # most have nothing to pretrain and read nothing


@pytest.mark.parametrize("pair", ["images-label", "series-forecast"])
def test_a_missing_file_is_named(pair, workplace, undisturbed, faults):
    place = workplace(pair)
    for stage in ("prepare", "baseline", "train", "evaluate"):
        for name in faults.READS[stage]:
            if stage != "train" or name != "data/pretrained" or pair == "text-label":
                moved = place.path(name).rename(place.path("moved"))
                assert name in place.run(stage).sentence()
                moved.rename(place.path(name))
    assert place.run("evaluate").status == 0


@pytest.mark.parametrize("pair", ["images-label", "text-label"])
def test_dvc_restores_whatever_was_damaged_and_runs_nothing(pair, undisturbed, tmp_path, seeded):
    clone = undisturbed(pair).copy(tmp_path / "kassandra")
    for name, content in clone.made().items():
        _, damaged = seeded.choice(list(damages(content, seeded)))
        (clone.root / name).write_bytes(damaged)
    output = clone.dvc("repro")
    assert clone.executed(output) == []
    assert clone.differs_from(undisturbed(pair)) == []
    assert clone.git("status", "--porcelain") == ""


def cached(clone, name):
    """Where DVC's cache has an output: it copies from there, so what is done to the output is not done to the cache."""
    digest = hashlib.md5((clone.root / name).read_bytes()).hexdigest()
    path = clone.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    assert path.stat().st_ino != (clone.root / name).stat().st_ino
    assert path.stat().st_mode & 0o777 == 0o444  # which is why DVC believes it
    return path


@pytest.mark.parametrize(
    ("pair", "name", "reader"),
    [
        ("text-label", "data/prepared/small/train.npz", "train"),
        ("text-label", "data/pretrained/small.safetensors", "train"),
        ("images-label", "data/models/small/weights.safetensors", "evaluate"),
        ("images-label", "data/models/small/meta.json", "evaluate"),
        ("images-label", "data/baselines/small.parquet", "evaluate"),
    ],
)
def test_a_damaged_cache_is_believed_by_dvc_and_by_no_stage(pair, name, reader, undisturbed, tmp_path, seeded):
    """The commands that the error names restore everything."""
    clone = undisturbed(pair).copy(tmp_path / "kassandra")
    object_of = cached(clone, name)
    content = object_of.read_bytes()
    object_of.chmod(0o644)
    object_of.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    object_of.chmod(0o444)
    (clone.root / name).unlink()
    clone.dvc("checkout")
    assert (clone.root / name).read_bytes() != content
    output = clone.dvc("repro", "--single-item", "--force", f"{reader}@small", fails=True)
    assert f"Error: {name}: damaged (" in output
    assert ADVICE in output
    # The commands of the error:
    (clone.root / name).unlink()
    clone.run("chmod", "-R", "u+w", ".dvc/cache")
    clone.dvc("repro")
    assert clone.differs_from(undisturbed(pair)) == []
    assert clone.git("status", "--porcelain") == ""
    assert object_of.read_bytes() == content


def test_a_cache_that_is_gone_is_made_anew(undisturbed, tmp_path):
    clone = undisturbed("text-label").copy(tmp_path / "kassandra")
    shutil.rmtree(clone.root / ".dvc/cache")
    shutil.rmtree(clone.root / "data/prepared")
    clone.dvc("repro")
    assert clone.differs_from(undisturbed("text-label")) == []
    assert clone.git("status", "--porcelain") == ""
