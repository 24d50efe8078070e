"""The `kassandra` command, for people; on top of everything."""

import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported; see stages/__init__.py
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# isort: off
from kassandra.cli.app import app
from kassandra.cli import look as look  # their commands, in the order of `kassandra --help`
from kassandra.cli import your_data as your_data
from kassandra.cli import use_model as use_model
from kassandra.cli import judge as judge
from kassandra.cli import hand_on as hand_on
from kassandra.cli import project as project

# isort: on
from kassandra.contracts.errors import TRACEBACK, explained


def main() -> None:
    """`--traceback` may stand anywhere."""
    if "--traceback" in sys.argv[1:]:
        sys.argv.remove("--traceback")
        os.environ[TRACEBACK] = "1"
    try:
        app()
    except Exception as error:
        sys.exit(explained(error))
