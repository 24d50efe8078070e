"""Peers, and an environment for each: made once, kept, of versions that are pinned here."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

TRAINERS = Path(__file__).with_name("trainers")
TORCH = "torch==2.13.0"  # as in requirements.lock
FP32, BF16 = "fp32", "bf16"


class Peer(NamedTuple):
    """trainer: of the folder trainers/. requirements: for pip; none is Kassandra's own environment."""

    trainer: str
    requirements: tuple[str, ...] = ()
    rows: tuple[str, ...] = ("images", "reviews", "characters")
    precisions: tuple[str, ...] = (FP32, BF16)
    variables: tuple[tuple[str, str], ...] = ()


KERAS = "keras==3.15.1"
PEERS = {
    "keras-jax": Peer("with_keras", (KERAS, "jax[cpu]==0.10.2"), variables=(("KERAS_BACKEND", "jax"),)),
    "keras-tensorflow": Peer(
        "with_keras", (KERAS, "tensorflow-cpu==2.21.0"), variables=(("KERAS_BACKEND", "tensorflow"),)
    ),
    "lightning": Peer("with_lightning", ("lightning==2.6.6", TORCH), ("images", "reviews")),
    "loop": Peer("with_loop", (), ("images", "reviews"), (FP32,)),
    "language-model-loop": Peer("with_loop", (), ("characters",), (FP32,)),
    "darts": Peer("with_darts", ("u8darts[torch]==0.41.0", TORCH), ("windows",)),
    "neuralforecast": Peer("with_neuralforecast", ("neuralforecast==3.3.0", TORCH), ("windows",)),
}


class Unavailable(Exception):
    """A peer cannot be installed, or does not run: one sentence."""


def python_of(name: str, peer: Peer, folder: Path) -> str:
    """The interpreter of a peer's environment, which is made where it is not there yet.

    Raises:
        Unavailable: pip could not install it.
    """
    if not peer.requirements:
        return sys.executable
    home = folder / name
    python, made = home / "bin" / "python", home / "made-of.txt"
    wanted = "\n".join(peer.requirements)
    if made.exists() and made.read_text() == wanted:
        return str(python)
    print(f"{name}: installing {', '.join(peer.requirements)} into {home}", flush=True)
    venv.create(home, clear=True, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", *peer.requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{name} cannot be installed: {last_line(done.stderr)}")
    made.write_text(wanted)
    return str(python)


def environment(peer: Peer) -> dict[str, str]:
    """Of one thread; OpenMP's threads sleep rather than spin where they wait."""
    threads = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TF_CPP_MIN_LOG_LEVEL": "3"}
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" or not peer.requirements}
    return kept | threads | dict(peer.variables)


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1][:200]
