"""catalogue entry, or your own path → data/raw/<pipeline>/: every file checked by its sha256."""

from pathlib import Path

from kassandra.contracts.artifacts import RAW
from kassandra.params.sections.pipeline import read_pipeline
from kassandra.sources.fetch import fetch_dataset, fetch_weights
from kassandra.sources.folder import copy_own
from stages import run


def main(name: str) -> None:
    params, _ = read_pipeline(name)
    if params.source.path:
        copy_own(Path(params.source.path), RAW / name, params.source.follow_links)
    elif params.source.dataset:
        fetch_dataset(params.source.dataset, RAW / name)
    if network := getattr(params.source, "network", None):
        fetch_weights(network, RAW / name)


if __name__ == "__main__":
    run(main, __doc__)
