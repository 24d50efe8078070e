"""How each stage runs as a command: one argument, sentences instead of tracebacks, no life after its parent."""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable

from kassandra.contracts.errors import KassandraError


def run(stage: Callable[[str], None], description: str | None) -> None:
    """Call `stage` with the name of the pipeline given on the command line."""
    parser = argparse.ArgumentParser(description=description, epilog="DVC runs this: `dvc repro <stage>@<pipeline>`.")
    parser.add_argument("pipeline", help="a section of `pipelines:` in params.yaml")
    name = parser.parse_args().pipeline
    if "DVC_STAGE" in os.environ:
        threading.Thread(target=_stop_with, args=(os.getppid(),), daemon=True).start()
    try:
        stage(name)
    except KassandraError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(f"\nInterrupted. `dvc repro evaluate@{name}` goes on from the last finished epoch or stage.")


def _stop_with(parent: int) -> None:
    """If DVC is killed, end too: two trainings that write the same files would otherwise run after the next repro."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
