"""What `kassandra report` reads: scores, dvc.lock, and a repository of git that holds them."""

import hashlib
import json
import subprocess

from kassandra.contracts.artifacts import write_json

FINGERPRINT = [
    "torch: 2.13.0",
    "device: cpu",
    "instructions: GenuineIntel AVX512 amx_bf16",
    "threads: 2",
    "precision: bf16",
]
OTHER = [*FINGERPRINT[:2], "instructions: AuthenticAMD AVX2", *FINGERPRINT[3:]]


def scores(accuracy=0.97, trained_on=FINGERPRINT, evaluated_on=FINGERPRINT):
    return {
        "accuracy": accuracy,
        "loss": 0.1,
        "baseline_accuracy": 0.5,
        "examples": 1000,
        "parameters": 12345,
        "intervals": [
            {"score": "accuracy", "value": accuracy, "low": accuracy - 0.01, "high": accuracy + 0.01},
            {"score": "loss", "value": 0.1, "low": 0.05, "high": 0.2},
        ],
        "baselines": [
            {
                "baseline": "majority class",
                "accuracy": {"value": 0.5, "low": 0.4, "high": 0.6},
                "gain": {"value": accuracy - 0.5, "low": -0.1, "high": 0.6},
            }
        ],
        "trained_on": list(trained_on),
        "evaluated_on": list(evaluated_on),
    }


def lock(**changes):
    """A dvc.lock with two pipelines; `changes` replace what stands there by a word."""
    given = {
        "cmd": "python -m stages.train mine",
        "epochs": 3,
        "code": "c0de",
        "raw": "da7a",
        "model": "0de1",
    } | changes
    stages = {
        "download@mine": {"cmd": "x", "outs": [{"path": "data/raw/mine", "md5": given["raw"]}]},
        "train@mine": {
            "cmd": given["cmd"],
            "deps": [
                {"path": "kassandra/training", "md5": given["code"]},
                {"path": "data/prepared/mine/train.npz", "md5": given["model"]},
            ],
            "params": {"params.yaml": {"pipelines.mine.train": {"epochs": given["epochs"]}}},
            "outs": [{"path": "data/models/mine", "md5": given["model"]}],
        },
        "train@other": {"cmd": "y", "params": {"params.yaml": {"seed": given.get("other", 0)}}},
    }
    return json.dumps({"schema": "2.0", "stages": stages})


PARAMS = """\
pipelines:
  mine:
    input: images
    target: label
    source: {dataset: mnist}
    prepare: {}
    model: {variant: vanilla}
    train: {}
"""


class Repository:
    def __init__(self, folder):
        self.folder = folder
        self.git("init", "--quiet")

    def git(self, *arguments):
        who = ["-c", "user.name=K", "-c", "user.email=k@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def write(self, now=None, locked=None):
        (self.folder / "metrics" / "mine").mkdir(parents=True, exist_ok=True)
        (self.folder / "metrics" / "mine" / "test.json").write_text(json.dumps(now or scores()))
        (self.folder / "dvc.lock").write_text(locked or lock())
        (self.folder / "params.yaml").write_text(PARAMS)

    def run(self, **changes):
        """What a run leaves behind: weights, seconds, predictions; returns the dvc.lock that names the weights."""
        weights = self.folder / "data/models/mine/weights.safetensors"
        weights.parent.mkdir(parents=True, exist_ok=True)
        weights.write_bytes(b"weights")
        (weights.parent / "weights").mkdir(exist_ok=True)
        (weights.parent / "weights" / "note.txt").write_bytes(b"weights")
        names = ["weights.safetensors", "weights/note.txt"]  # DVC sorts them as text: the dot before the slash
        listed = [{"md5": hashlib.md5(b"weights").hexdigest(), "relpath": name} for name in names]
        write_json(self.costs, {"seconds": 12.3, "cpu_seconds": 45.6})
        self.predictions.parent.mkdir(parents=True, exist_ok=True)
        self.predictions.touch()
        return lock(model=hashlib.md5(json.dumps(listed).encode()).hexdigest() + ".dir", **changes)

    @property
    def costs(self):
        return self.folder / "data/costs/mine" / f"{hashlib.sha256(b'weights').hexdigest()}.json"

    @property
    def predictions(self):
        return self.folder / "data/predictions/mine/test.parquet"

    def commit(self, *given, **named):
        self.write(*given, **named)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "results")
