"""A team with results to share, servers on loopback that hold them, and docs/sharing.md, whose commands tests run."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PARAMS = """\
seed: 0
pipelines:
  digits:
    input: images
    target: label
    source: {path: tests/data/mnist}
    prepare: {}
    model: {variant: vanilla, hidden_size: 7}
    train: {seeds: 1, epochs: 1, batch_size: 50, threads: 1}
"""
PATIENCE = 60  # seconds for what takes one on a machine at rest
SERVERS = Path(__file__).parent / "servers"


class Team(NamedTuple):
    """vanilla: on branch main. attention: the same repository on branch attention. Neither is to be written to."""

    vanilla: Any
    attention: Any


@pytest.fixture(scope="session")
def team(source, tmp_path_factory) -> Team:
    """Two variants reproduced and committed, each on its branch, with data and cache, and no remote of DVC."""
    vanilla = source.copy(tmp_path_factory.mktemp("team") / "kassandra")
    vanilla.git("checkout", "--quiet", "-B", "main")
    (vanilla.root / "params.yaml").write_text(PARAMS)
    vanilla.dvc("repro", "evaluate@digits")
    vanilla.commit()
    attention = vanilla.copy(tmp_path_factory.mktemp("attention") / "kassandra")
    attention.git("checkout", "--quiet", "-b", "attention")
    attention.edit("params.yaml", "vanilla", "attention")
    attention.dvc("repro")
    attention.commit()
    vanilla.git("fetch", "--quiet", str(attention.root), "attention:attention")
    vanilla.take_cache_of(attention)
    return Team(vanilla, attention)


@pytest.fixture(scope="session")
def copy_of_team(team):
    """Makes a copy of the vanilla clone, in a folder, with a repository of git that is shared: `origin`."""

    def make(folder: Path) -> Any:
        clone, origin = team.vanilla.copy(folder / "ours" / "kassandra"), str(folder / "origin.git")
        clone.git("clone", "--quiet", "--bare", str(clone.root), origin)
        clone.git("remote", "add", "origin", origin)
        clone.git("fetch", "--quiet", "origin")
        clone.git("branch", "--quiet", "--set-upstream-to=origin/main", "main")
        return clone

    return make


@pytest.fixture
def ours(copy_of_team, tmp_path):
    return copy_of_team(tmp_path)


@pytest.fixture
def fresh(tmp_path):
    """Makes fresh clones of the `origin` of a clone: what git has, and not yet what DVC has."""
    made = []

    def fresh(clone):
        (origin,) = clone.git("remote", "get-url", "origin").split()
        made.append(type(clone)(Path(origin)).clone(tmp_path / f"fresh{len(made)}" / "kassandra"))
        return made[-1]

    return fresh


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_user() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_") or name == "SSH_AUTH_SOCK"]:
            patch.delenv(name)
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")  # a server that died is waited for once, not for a minute
        yield


@dataclass
class Document:
    """docs/sharing.md: the commands of each of its blocks, by heading and number."""

    blocks: dict[tuple[str, int], str]
    ran: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def read(cls, text: str) -> "Document":
        blocks: dict[tuple[str, int], str] = {}
        for heading, section in re.findall(r"^#+ (.+?)\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL):
            for number, block in enumerate(re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)):
                lines = block.splitlines()
                assert all(line.startswith("$ ") for line in lines), block
                blocks[heading, number] = "\n".join(line.removeprefix("$ ") for line in lines)
        return cls(blocks)

    def run(
        self,
        clone: Any,
        heading: str,
        number: int = 0,
        *,
        of: dict[str, str] | None = None,
        then: str = "",
        fails: bool = False,
    ) -> str:
        """Run a block, with each example in `of` replaced, and `then` more; gives what it printed."""
        self.ran.add((heading, number))
        commands = f"{self.blocks[heading, number]}\n{then}"
        for example, actual in (of or {}).items():
            commands = commands.replace(example, actual)
        return clone.run("sh", "-ec", commands, fails=fails)


@pytest.fixture(scope="session")
def document(root) -> Document:
    return Document.read((root / "docs" / "sharing.md").read_text(encoding="utf-8"))


@contextmanager
def serving(folder: Path, *command: str | Path, announces: str = r"^port (\d+)$") -> Iterator[int]:
    """A server in a process of its own; gives the port that it announces. It does not survive the `with`."""
    log = folder / f"{len(list(folder.iterdir()))}.log"
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, "-u", *command], stdout=output, stderr=subprocess.STDOUT)
    try:
        for _ in range(PATIENCE * 20):
            if found := re.search(announces, log.read_text(), re.MULTILINE):
                yield int(found[1])
                return
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        pytest.fail(log.read_text())
    finally:
        process.kill()
        process.wait()


@dataclass
class Folder:
    """heading: of docs/sharing.md. of: what is put in for its examples. wrong: the same with a wrong key. port: of the
    server. The methods reach what a remote holds, by its path within the remote."""

    heading: str
    of: dict[str, str]
    folder: Path
    wrong: dict[str, str] = field(default_factory=dict)
    port: int = 0

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Without a change of its mode: DVC looks again at files that can be written to."""
        path = self.folder / name
        mode = path.stat().st_mode
        path.chmod(0o644)
        path.write_bytes(content)
        path.chmod(mode)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def names(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


@dataclass
class Bucket:
    heading: str
    of: dict[str, str]
    wrong: dict[str, str]
    port: int
    client: Any
    bucket: str

    def read(self, name: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=f"kassandra/{name}")["Body"].read()

    def write(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"kassandra/{name}", Body=content)

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"kassandra/{name}")

    def names(self) -> set[str]:
        listed = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {entry["Key"].removeprefix("kassandra/") for entry in listed}


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """Makes remotes on an S3 server that checks who is there: each a new bucket."""
    import boto3
    import requests

    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everything]}
    command, announces = ("-m", "moto.server", "--host", "127.0.0.1", "--port", "0"), r"Running on http://.*:(\d+)"
    with ExitStack() as stack:
        port = stack.enter_context(serving(tmp_path_factory.mktemp("s3"), *command, announces=announces))
        address = f"http://127.0.0.1:{port}"
        how = {"endpoint_url": address, "region_name": "us-east-1"}
        anybody = how | {"aws_access_key_id": "any", "aws_secret_access_key": "body"}
        iam = boto3.client("iam", **anybody)
        iam.create_user(UserName="ann")
        iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        assert requests.post(f"{address}/moto-api/reset-auth", data=b"0", timeout=PATIENCE).ok  # from now on it checks
        secret = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        client = boto3.client("s3", **how, **secret)
        stack.callback(client.close)
        stack.callback(iam.close)

        def make(name: str) -> Bucket:
            client.create_bucket(Bucket=name)
            of = {"https://s3.example.org": address, "our-bucket": name, "AKIAEXAMPLE": key["AccessKeyId"]}
            right = of | {"wJalrEXAMPLEKEY": key["SecretAccessKey"]}
            return Bucket("S3", right, of, port, client, name)

        yield make


@pytest.fixture(scope="session")
def ssh(tmp_path_factory):
    """Makes remotes on an SFTP server that lets in who has the right key: each a new folder."""
    import asyncssh

    keys, folder = tmp_path_factory.mktemp("keys"), tmp_path_factory.mktemp("ssh")
    for name in ("right", "wrong"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(keys / name)
        key.write_public_key(keys / f"{name}.pub")
    with serving(tmp_path_factory.mktemp("log"), SERVERS / "sftp.py", folder, keys / "right.pub") as port:

        def make(name: str) -> Folder:
            of = {"storage.example.org/srv/kassandra": f"127.0.0.1/{name}", "port 22": f"port {port}"}
            right, wrong = ({"~/.ssh/id_ed25519": str(keys / key)} for key in ("right", "wrong"))
            return Folder("SSH", of | right, folder / name, of | wrong, port)

        yield make


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Makes remotes that are folders."""

    def make(name: str) -> Folder:
        path = tmp_path_factory.mktemp("folders") / name
        return Folder("A folder", {"/srv/kassandra": str(path)}, path)

    return make


@pytest.fixture
def serve_folder(tmp_path):
    """Serves a folder by HTTP, to read; gives the port."""

    def serve(folder: Path) -> Any:
        command = ("-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder)
        return serving(tmp_path, *command, announces=r"port (\d+)")

    return serve


@pytest.fixture
def dying(tmp_path):
    """Leads to the server at a port, till so many bytes came from clients or went to them; gives the port it is at."""

    def serve(server: int, at: int = 0, up: int = 10**9, down: int = 10**9) -> Any:
        return serving(tmp_path, SERVERS / "dying.py", *map(str, (server, at, up, down)))

    return serve
