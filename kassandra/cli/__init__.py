"""The `kassandra` command, for people; on top of everything."""

import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported; see stages/__init__.py
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from kassandra.cli import hand_on as hand_on  # its commands
from kassandra.cli.app import app
from kassandra.contracts.errors import KassandraError

LONGEST = 2000  # characters of an error: what it quotes may be of any length


def main() -> None:
    try:
        app()
    except KassandraError as error:
        text = str(error)
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"  # its end says what to do
        sys.exit(f"Error: {text}")
    except UnicodeEncodeError as error:
        missing = error.object[error.start : error.end]
        sys.exit(f"Error: the output is in {error.encoding}, which has no {missing!a}; set PYTHONIOENCODING=utf-8")
