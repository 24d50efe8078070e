"""data/prepared/<pipeline>/ → data/baselines/<pipeline>.parquet: what models without an LSTM say of the test split."""

from kassandra import baselines
from kassandra.contracts.artifacts import BASELINES, PREPARED
from kassandra.contracts.tables import write_table
from kassandra.params.pipeline import read_pipeline
from stages.script import run


def main(name: str) -> None:
    params, seed = read_pipeline(name)
    predicted = baselines.load(params.task).predictions(PREPARED / name, seed)
    write_table(BASELINES / f"{name}.parquet", predicted)


if __name__ == "__main__":
    run(main, __doc__)
