"""What `kassandra compare` reads of a revision, made without git and DVC."""

import pytest


@pytest.fixture
def side():
    """Makes what `kassandra compare` reads of a revision, without git and DVC."""
    import io
    import json

    from ruamel.yaml import YAML

    from kassandra.comparison.revisions import Absent, Side

    def side(label, pipelines, results, predictions, lock="", seed=0):
        text = io.StringIO()
        YAML().dump({"seed": seed, "pipelines": pipelines}, text)
        files = {"params.yaml": text.getvalue().encode(), "dvc.lock": lock.encode()}
        files |= {f"metrics/{name}/test.json": json.dumps(result).encode() for name, result in results.items()}
        for name, table in predictions.items():
            buffer = io.BytesIO()
            table.to_parquet(buffer)
            files[f"data/predictions/{name}/test.parquet"] = buffer.getvalue()

        def read(path, missing=FileNotFoundError):
            if path.as_posix() not in files:
                raise missing(f"{path} of {label} is not in DVC's cache")
            return files[path.as_posix()]

        return Side(label, "", "", read, lambda path: read(path, Absent))

    return side
