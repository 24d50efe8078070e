"""How each stage runs as a command: the name of a pipeline, and a sentence instead of a traceback for what a user can
mend."""

import argparse
import sys
from collections.abc import Callable

from kassandra.contracts.errors import KassandraError
from stages import pipeline_of_dvc


def run(stage: Callable[[str], None], description: str | None) -> None:
    """Call `stage` with the name of the pipeline: that of the stage which DVC runs, else that on the command line.

    DVC gives it in its environment, as the words of a command are read by a shell first.
    """
    parser = argparse.ArgumentParser(description=description, epilog="DVC runs this: `dvc repro <stage>@<pipeline>`.")
    parser.add_argument("pipeline", nargs="?", help="a section of `pipelines:` in params.yaml")
    name = parser.parse_args().pipeline or pipeline_of_dvc()
    if not name:
        parser.error("give the name of a pipeline")
    try:
        stage(name)
    except KassandraError as error:
        sys.exit(f"Error: {error}")
    except MemoryError:
        sys.exit(f"Error: {name}: there is not enough memory; take smaller batches or less data, or another machine")
