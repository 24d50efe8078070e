"""What `kassandra compare` reads of a revision, made without git and DVC."""

from pathlib import Path

import pytest

DIGITS = {
    "digits": {
        "input": "images",
        "target": "label",
        "model": {"variant": "vanilla", "hidden_size": 8},
        "train": {"epochs": 1},
    }
}
MADE_FROM = """\
  evaluate@{name}:
    deps:
    - path: data/prepared/{name}/test.npz
      md5: 900150983cd24fb0d6963f7d28e17f72
    - path: data/raw/{name}
      md5: 187ef4436122d1cc2f40dc2b92f0eba0.dir
    - path: kassandra/code.py
      md5: d41d8cd98f00b204e9800998ecf8427e
"""


def stored(**scores):
    """A test.json of (value, half of its interval) by score."""
    rows = [{"score": name, "value": v, "low": v - half, "high": v + half} for name, (v, half) in scores.items()]
    return {"examples": 100, "intervals": rows}


@pytest.fixture
def side():
    """Makes what `kassandra compare` reads of a revision, without git and DVC."""
    import io
    import json

    from kassandra.comparison.revisions import Absent, Side

    def side(label, pipelines, results, predictions, lock=None, seed=0):
        """predictions: of each pipeline, of a single model or of all members; what they answer together, under its
        name and ` together`. lock: dvc.lock; where it is None, all was made from the same."""
        lock = "".join(MADE_FROM.format(name=name) for name in pipelines) if lock is None else lock
        lock = lock if lock.startswith("schema") else f"stages:\n{lock}"
        params = json.dumps({"seed": seed, "pipelines": pipelines})
        files = {"params.yaml": params.encode(), "dvc.lock": lock.encode(), "kassandra/code.py": b""}
        files |= {f"metrics/{name}/test.json": json.dumps(result).encode() for name, result in results.items()}
        for name, table in predictions.items():
            buffer = io.BytesIO()
            table.to_parquet(buffer)
            pipeline, _, which = name.partition(" ")
            files[f"data/predictions/{pipeline}/{which or 'test'}.parquet"] = buffer.getvalue()

        def read(path, missing=FileNotFoundError):
            if path.as_posix() not in files:
                raise missing(f"{path} of {label} is not in DVC's cache")
            return files[path.as_posix()]

        return Side(label, "", "", read, lambda path: read(path, Absent), lambda path: [], Path("no cache"))

    return side
