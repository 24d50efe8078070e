"""The `kassandra` command, for people; on top of everything."""

import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported; see stages/__init__.py

from kassandra.cli.app import app
from kassandra.contracts.errors import KassandraError


def main() -> None:
    try:
        app()
    except KassandraError as error:
        sys.exit(f"Error: {error}")
    except BrokenPipeError:  # `kassandra … | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
