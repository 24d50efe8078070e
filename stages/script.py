"""How each stage runs as a command: one argument, and a sentence instead of a traceback for what a user can mend."""

import argparse
import sys
from collections.abc import Callable

from kassandra.contracts.errors import KassandraError


def run(stage: Callable[[str], None], description: str | None) -> None:
    """Call `stage` with the name of the pipeline given on the command line."""
    parser = argparse.ArgumentParser(description=description, epilog="DVC runs this: `dvc repro <stage>@<pipeline>`.")
    parser.add_argument("pipeline", help="a section of `pipelines:` in params.yaml")
    name = parser.parse_args().pipeline
    try:
        stage(name)
    except KassandraError as error:
        sys.exit(f"Error: {error}")
    except MemoryError:
        sys.exit(f"Error: {name}: there is not enough memory; take smaller batches or less data, or another machine")
