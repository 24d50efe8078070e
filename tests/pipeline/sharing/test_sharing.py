"""What one clone has executed no other needs to, whatever the remote; and what fails loses nothing and says so.

All in one file, as its results take half a minute to make, and each of its servers a second to start.
"""

import ast
import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.sharing]

TOP, PUSHING, FAULTS = "Sharing data and results", "What to push", "When something goes wrong"
READ_ONLY = "A cache that you may only read"
HTTP, CACHE, SECRETS, GARBAGE = "HTTP, to read", "One cache on one machine", "Secrets", "Throwing away"
DATA, MODEL = "data/prepared/digits/train.npz", "data/models/digits/weights.safetensors"
UNFINISHED = "Error: `dvc push` did not finish: nothing is lost here"
KINDS = ["folder", "s3", "ssh"]
SERVED = ["s3", "ssh"]


def set_up(document, clone, remote):
    """As whoever sets a remote up, with their own keys."""
    document.run(clone, remote.heading, 0, of=remote.of)
    log_in(document, clone, remote.heading, remote.of)


def log_in(document, clone, heading, of):
    if (heading, 1) in document.blocks:
        document.run(clone, heading, 1, of=of)


def hashed(path):
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def stored(path):
    """Where a remote or cache has this file."""
    return f"files/md5/{hashed(path)[:2]}/{hashed(path)[2:]}"


def executes_nothing(clone, output, like):
    assert "Running stage" not in output
    assert clone.executed(output) == []
    assert clone.differs_from(like) == []


def cached(clone):
    return [path for path in (clone.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()]


@pytest.fixture(scope="module", params=KINDS)
def filled(request, document, copy_of_team, tmp_path_factory):
    """A remote of each kind with all that `ours` has; whoever takes something from it brings it back."""
    remote = request.getfixturevalue(request.param)("filled")
    ours = copy_of_team(tmp_path_factory.mktemp("filled"))
    set_up(document, ours, remote)
    document.run(ours, TOP, 0)
    return SimpleNamespace(ours=ours, remote=remote)


def test_what_one_made_another_need_not_make(filled, document, team, fresh):
    theirs = fresh(filled.ours)
    log_in(document, theirs, filled.remote.heading, filled.remote.of)
    output = document.run(theirs, TOP, 1)
    executes_nothing(theirs, output, team.vanilla)
    assert theirs.git("status", "--porcelain") == ""

    # Another variant, written by hand: nobody here knows of its commit.
    theirs.git("update-ref", "-d", "refs/remotes/origin/attention")
    theirs.edit("params.yaml", "vanilla", "attention")
    output = document.run(theirs, PUSHING, 1)
    executes_nothing(theirs, output, team.attention)
    for stage in ("train", "evaluate"):
        assert f"Stage '{stage}@digits' is cached - skipping run, checking out outputs" in output
    theirs.git("checkout", "--quiet", "params.yaml")
    executes_nothing(theirs, theirs.dvc("repro", "--pull"), team.vanilla)  # and back again


def test_what_is_lost_or_damaged_there_never_arrives_and_is_mended(filled, document, team, fresh):
    ours, remote = filled.ours, filled.remote
    data, model = stored(ours.root / DATA), stored(ours.root / MODEL)  # alone, and in a folder
    theirs = fresh(ours)
    log_in(document, theirs, remote.heading, remote.of)
    before = remote.names()
    for lost, cut in ((data, model), (model, data)):
        remote.remove(lost)
        remote.write(cut, remote.read(cut)[:1000])
        for _ in range(2):  # it does not become true by being asked again
            assert "ERROR: " in theirs.dvc("pull", fails=True)  # which sentence depends on the kind
        for path in (DATA, MODEL):
            assert not (theirs.root / path).exists()
        # A pull that broke off may leave one in the cache, but open to writing: DVC hashes such before it uses them.
        wrong = [path for path in cached(theirs) if hashed(path) != path.parent.name + path.name.removesuffix(".dir")]
        assert all(path.stat().st_mode & 0o200 for path in wrong)
        document.run(ours, FAULTS, 0)
        assert remote.names() == before
        assert all(hashlib.md5(remote.read(name)).hexdigest() == name[10:].replace("/", "") for name in (data, model))
        executes_nothing(theirs, theirs.dvc("pull") + theirs.dvc("repro"), team.vanilla)
        for path in (DATA, MODEL, f".dvc/cache/{data}", f".dvc/cache/{model}"):
            (theirs.root / path).unlink()
    assert "0 more files that runs made pushed" in document.run(ours, FAULTS, 0)


@pytest.mark.parametrize("kind", SERVED)
def test_a_wrong_key(kind, request, document, ours, team, fresh):
    remote = request.getfixturevalue(kind)("locked")
    refused = {"s3": "Forbidden", "ssh": "Permission denied for user ann"}[kind]
    document.run(ours, remote.heading, 0, of=remote.of)
    document.run(ours, remote.heading, 1, of=remote.wrong)
    output = document.run(ours, TOP, 0, fails=True)
    assert refused in output
    assert UNFINISHED in output
    log_in(document, ours, remote.heading, remote.of)
    document.run(ours, TOP, 0)
    theirs = fresh(ours)
    document.run(theirs, remote.heading, 1, of=remote.wrong)
    output = theirs.dvc("pull", "--run-cache", fails=True)
    assert refused in output
    assert cached(theirs) == []
    log_in(document, theirs, remote.heading, remote.of)
    executes_nothing(theirs, document.run(theirs, TOP, 1), team.vanilla)
    # No secret is in git.
    secrets = {"s3": ("wJalrEXAMPLEKEY", "AKIAEXAMPLE"), "ssh": ("~/.ssh/id_ed25519",)}[kind]
    for secret in secrets:
        of = {"wJalrEXAMPLEKEY": remote.of[secret]}
        assert document.run(ours, SECRETS, 0, of=of, fails=True).strip() == ".dvc/config.local"  # grep finds nothing
        assert remote.of[secret] in (ours.root / ".dvc/config.local").read_text()


def test_keys_from_the_environment(document, s3, ours):
    remote = s3("environment")
    document.run(ours, "S3", 0, of=remote.of)
    document.run(ours, "S3", 2, of=remote.of, then="kassandra push")
    assert stored(ours.root / MODEL) in remote.names()
    assert not (ours.root / ".dvc/config.local").exists()


@pytest.mark.parametrize("kind", SERVED)
def test_a_server_that_dies(kind, request, document, ours, team, fresh, dying):
    remote = request.getfixturevalue(kind)("mortal")
    set_up(document, ours, remote)
    with dying(remote.port, up=300_000) as port:
        point(ours, kind, port)
        output = document.run(ours, TOP, 0, fails=True)
    assert "ERROR: " in output
    assert UNFINISHED in output
    assert any(name.startswith("files") for name in remote.names())  # it was in the middle
    assert stored(ours.root / MODEL) not in remote.names() or stored(ours.root / DATA) not in remote.names()
    executes_nothing(ours, ours.dvc("repro"), team.vanilla)
    with dying(remote.port, port) as port:  # there again
        document.run(ours, TOP, 0)

    theirs = fresh(ours)
    log_in(document, theirs, remote.heading, remote.of)
    with dying(remote.port, down=300_000) as port:
        point(theirs, kind, port)
        output = theirs.dvc("pull", fails=True)
    assert "ERROR: failed to pull data from the cloud" in output
    assert all(hashed(path) == path.parent.name + path.name.removesuffix(".dir") for path in cached(theirs))
    with dying(remote.port, port) as port:
        executes_nothing(theirs, document.run(theirs, TOP, 1), team.vanilla)


def point(clone, kind, port):
    """To another port of this machine."""
    setting = {"s3": ("endpointurl", f"http://127.0.0.1:{port}"), "ssh": ("port", str(port))}[kind]
    clone.dvc("remote", "modify", "--local", "team", *setting)


def test_dvc_alone_shares_what_is_committed(document, folder, ours, team, fresh):
    remote = folder("committed")
    set_up(document, ours, remote)
    ours.git("push", "--quiet", "origin", "main")
    # In the branch as well: DVC reads of each commit its own configuration.
    ours.git("checkout", "--quiet", "attention")
    ours.git("cherry-pick", "main")
    ours.git("branch", "other")
    ours.git("push", "--quiet", "origin", "other")
    ours.git("checkout", "--quiet", "main")
    ours.dvc("push", "--run-cache", "--all-branches")
    theirs = fresh(ours)
    executes_nothing(theirs, document.run(theirs, TOP, 1), team.vanilla)
    executes_nothing(theirs, document.run(theirs, PUSHING, 0), team.attention)
    # But what only the run cache knows of has no metrics there. Where DVC sends them, ours is needed no more.
    theirs = fresh(ours)
    theirs.dvc("pull", "--run-cache")
    theirs.edit("params.yaml", "vanilla", "attention")
    assert "train@digits" in theirs.executed(theirs.dvc("repro", "--dry", "--pull"))


def test_over_http_one_reads_and_does_not_write(document, folder, ours, team, fresh, serve_folder):
    remote = folder("public")
    set_up(document, ours, remote)
    document.run(ours, TOP, 0)
    theirs = fresh(ours)
    with serve_folder(remote.folder) as port:
        document.run(theirs, HTTP, of={"https://data.example.org/kassandra": f"http://127.0.0.1:{port}"})
        executes_nothing(theirs, document.run(theirs, TOP, 1), team.vanilla)
        before = remote.names()
        remote.remove(stored(ours.root / DATA))
        output = theirs.run("kassandra", "push", fails=True)
        assert "ERROR: failed to transfer" in output  # "Unsupported method", or the connection is cut before that
        assert UNFINISHED in output
        assert remote.names() == before - {stored(ours.root / DATA)}


def test_what_a_cache_has_that_may_only_be_read(document, ours, team, fresh):
    theirs = fresh(ours)
    document.run(theirs, READ_ONLY, of={"/srv/kassandra-cache": str(ours.root / ".dvc" / "cache")})
    executes_nothing(theirs, theirs.dvc("repro"), team.vanilla)


def test_one_cache_for_two_clones(document, ours, team, fresh, tmp_path):
    cache = tmp_path / "cache"
    of = {"/srv/kassandra-cache": str(cache)}
    theirs = fresh(ours)
    for clone in (ours, theirs):
        document.run(clone, CACHE, 0, of=of)
    document.run(ours, CACHE, 1, of=of)
    executes_nothing(theirs, document.run(theirs, CACHE, 2, of=of), team.vanilla)
    for path in (DATA, MODEL):
        (entry,) = {(clone.root / path).stat().st_ino for clone in (ours, theirs)}  # one file on the disk
        assert entry == (cache / stored(ours.root / path)).stat().st_ino
    theirs.edit("params.yaml", "vanilla", "attention")
    executes_nothing(theirs, theirs.dvc("repro"), team.attention)
    executes_nothing(ours, ours.dvc("repro"), team.vanilla)
    theirs.dvc("repro", "--force", "--single-item", "train@digits")  # replaces its links, and writes to no other's
    assert ours.differs_from(team.vanilla) == []
    assert theirs.differs_from(team.attention) == []
    # Each of the group can add to it, to folders that either made, and nobody changes what is there.
    assert all(path.stat().st_mode & 0o020 for path in cache.rglob("*") if path.is_dir())
    assert not any(path.stat().st_mode & 0o222 for path in (cache / "files").rglob("*") if path.is_file())


def test_what_was_pulled_without_verify_is_not_trained_on(document, folder, ours, team, fresh):
    remote = folder("unverified")
    set_up(document, ours, remote)
    document.run(ours, TOP, 0)
    theirs = fresh(ours)
    theirs.dvc("remote", "modify", "--local", "team", "verify", "false")
    whole = remote.read(stored(ours.root / DATA))
    remote.write(stored(ours.root / DATA), whole[: len(whole) // 2])
    theirs.dvc("pull")
    assert "up to date" in theirs.dvc("status")  # DVC does not see it
    output = theirs.dvc("repro", "--force", "--single-item", "train@digits", fails=True)
    assert f"Error: {DATA}: damaged (" in output
    document.run(ours, FAULTS, 0)
    document.run(theirs, FAULTS, 1)
    executes_nothing(theirs, theirs.dvc("repro"), team.vanilla)


def test_a_clone_that_only_pulled_mends_too_unless_it_is_damaged(document, folder, ours, fresh):
    remote, model = folder("mended"), stored(ours.root / MODEL)
    set_up(document, ours, remote)
    document.run(ours, TOP, 0)
    theirs, whole = fresh(ours), remote.read(model)
    theirs.dvc("pull")
    remote.remove(model)
    document.run(theirs, FAULTS, 0)
    copy = theirs.root / ".dvc/cache" / model
    copy.unlink()
    copy.write_bytes(b"?")
    assert f"in DVC's cache here: {copy};" in theirs.run("kassandra", "push", "--check", fails=True)
    assert remote.read(model) == whole


def test_keys_without_the_address_of_the_remote(document, ssh, ours):
    remote = ssh("old")
    document.run(ours, "SSH", 0, of=remote.of)
    ours.dvc("remote", "modify", "--local", "team", "user", "ann")
    ours.git("checkout", "--quiet", "main~1")
    assert "expected 'url'" in ours.dvc("status", fails=True)
    ours.git("checkout", "--quiet", "main")
    document.run(ours, "SSH", 1, of=remote.of)
    ours.git("checkout", "--quiet", "main~1")
    assert "up to date" in ours.dvc("status")


def test_what_is_thrown_away(document, folder, ours, team, fresh):
    remote = folder("garbage")
    set_up(document, ours, remote)
    document.run(ours, TOP, 0)
    ours.dvc("push", "--all-commits")
    theirs, before = fresh(ours), remote.names()
    document.run(ours, GARBAGE)
    metrics = {stored(path) for path in team.vanilla.root.glob("metrics/digits/*.*")}
    assert metrics <= before
    assert not metrics & remote.names()
    assert stored(team.attention.root / MODEL) in remote.names()
    theirs.dvc("pull", "--run-cache")
    theirs.edit("params.yaml", "vanilla", "attention")
    assert "train@digits" in theirs.executed(theirs.dvc("repro", "--dry", "--pull"))
    commit = team.attention.git("rev-parse", "HEAD").strip()
    theirs.git("checkout", "--quiet", commit, "--", "params.yaml", "dvc.lock", "metrics")
    theirs.dvc("pull")
    executes_nothing(theirs, theirs.dvc("repro"), team.attention)


def test_every_command_of_the_document_was_run(document, request):
    functions = {node.name for node in ast.parse(Path(__file__).read_text()).body if isinstance(node, ast.FunctionDef)}
    here = {item.originalname for item in request.session.items if item.path == Path(__file__)}
    left_out = {name for name in functions if name.startswith("test_")} - here  # by -k, or ::
    assert left_out or document.blocks.keys() == document.ran
