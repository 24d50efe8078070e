"""The one exception that means: the user can mend this; and the sentence in which any exception ends."""

import errno
import os
import re
import sys
import traceback
from codecs import lookup
from pathlib import Path

from kassandra.contracts.extras import lacking
from kassandra.contracts.printed import visible

TRACEBACK = "KASSANDRA_TRACEBACK"  # set in the environment, or by --traceback: print where an exception comes from
LONGEST = 2000  # characters of an error: what it quotes may be of any length
ROOT = Path(__file__).parents[2]
_NAME = r"(?:'[^'\n]*'|\"[^\"\n]*\")"
# A list of names, which people read without brackets; in a call they stay.
NAMES = re.compile(rf"(?<!got )(?<![(\w)])\[({_NAME}(?:, {_NAME})*)\]")


class KassandraError(Exception):
    """A mistake in what the user gave (parameters, files, network), in one sentence: where, what, what instead.

    Scripts and the command line print its text and exit with 1. Anything else that is raised is a defect of ours.
    """


def explained(error: BaseException) -> str:
    """What a stage or a command prints of an exception before it exits with 1.

    Of a defect it says what was raised and where in our code, and how to see the rest; where TRACEBACK is set, the rest
    is printed at once.
    """
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    if isinstance(error, KassandraError):
        text = NAMES.sub(r"\1", str(error))
    elif is_out_of_memory(error):
        text = "there is not enough memory; take smaller batches or less data, or another machine"
    elif isinstance(error, UnicodeEncodeError) and lookup(error.encoding) == lookup(sys.stdout.encoding or "utf-8"):
        missing = error.object[error.start : error.end]
        text = f"the output is in {error.encoding}, which has no {missing!a}; set PYTHONIOENCODING=utf-8"
    elif isinstance(error, ModuleNotFoundError) and (sentence := lacking(error.name)):
        text = sentence
    else:
        reason = " ".join(str(error).split()) or "it says no more"
        text = (
            f"{type(error).__name__}: {reason} ({_place(error)}). This is a defect of Kassandra: please report it with "
            f"what `--traceback`, or {TRACEBACK}=1 in the environment, prints"
        )
    text = visible(text)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"  # its end says what to do
    return f"Error: {text}"


def is_out_of_memory(error: BaseException) -> bool:
    """Python's error and NumPy's, the system's, and PyTorch's, which of a CPU are RuntimeErrors known by their text."""
    if isinstance(error, RuntimeError):
        return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in str(error)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def _place(error: BaseException) -> str:
    """The last line of ours that an exception came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT)]
    if not ours:
        return "outside of Kassandra's code"
    return f"{Path(ours[-1].filename).relative_to(ROOT)}, line {ours[-1].lineno}"
