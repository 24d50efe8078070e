"""`kassandra generate`: a language model writes, and the terminal shows it as it comes."""

import sys
from pathlib import Path

from kassandra.contracts.errors import KassandraError
from kassandra.inference import Writer, load


def generate(folder: Path, prompt: str, length: int, temperature: float, top_p: float, seed: int) -> None:
    """Print the prompt and what follows on it.

    Raises:
        KassandraError: the folder holds no language model, or a value is out of range.
    """
    writer = load(folder)
    if not isinstance(writer, Writer):
        task = writer.meta["task"]
        other = "translate" if task == "translation" else "predict"
        raise KassandraError(f"{folder}: a model of task {task!r} does not write; try `kassandra {other}`")
    prompt = prompt.replace("\\n", "\n")
    if not prompt.strip() and not set(prompt) & set(writer.task.vocabulary):
        prompt = writer.task.start
    shown = False
    for piece in writer.write(prompt, length, temperature, top_p, seed):
        if not shown:  # only now is it sure that the values are in range
            sys.stdout.write(prompt.lstrip("\n"))
            shown = True
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
