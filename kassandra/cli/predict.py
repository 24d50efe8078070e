"""`kassandra predict`: image files through a trained model."""

import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kassandra.inference import load


def predict(folder: Path, images: list[Path], invert: bool, as_json: bool) -> None:
    """Print one line per image; every image is read before the first is predicted, so that a bad one costs nothing."""
    model = load(folder)
    arrays = [model.task.own_file(path, invert) for path in images]
    predictions = model.predict(np.stack(arrays))
    if as_json:
        for path, prediction in zip(images, predictions, strict=True):
            print(json.dumps({"image": str(path), **prediction._asdict()}))
        return
    table = Table("image", "class", "probability", "next", box=None)
    for path, prediction in zip(images, predictions, strict=True):
        second = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[1:2]
        following = ", ".join(f"{escape(label)} {probability:.3f}" for label, probability in second)
        table.add_row(escape(str(path)), escape(prediction.label), f"{prediction.probability:.3f}", following)
    Console(highlight=False).print(table)
    usual, here = model.meta["mean"], np.mean(arrays) / 255
    if abs((1 - here) - usual) < abs(here - usual):  # nearer to the train images when turned over
        hint = "without --invert" if invert else "--invert"
        print(f"Mean brightness is {here:.2f}, in the train images it was {usual:.2f}: perhaps {hint} is right here.")
