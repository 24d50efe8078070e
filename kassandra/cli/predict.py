"""`kassandra predict`: images, texts or recordings through a trained classifier, or a table into what comes next."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kassandra.contracts.errors import KassandraError
from kassandra.inference import Forecaster, Prediction, Predictor, Translator, load
from kassandra.inputs.audio.show import listened as predict_speech
from kassandra.inputs.text.prepare.table import NO_LABEL, READERS, read_table_of_texts, sentence
from kassandra.inputs.text.show.lines import texts as lines_of
from kassandra.targets.forecast import show as predict_forecast

WORDS = 5  # those that mattered most


def predict(
    folder: Path, inputs: list[str], invert: bool, column: str | None, series: str | None, as_json: bool
) -> None:
    """Print one line per input, or one per step ahead; all are read before the first is predicted, so that a bad one
    costs nothing.

    Raises:
        KassandraError: the folder holds a language model, an input cannot be read, or an option is of another task.
    """
    model = load(folder)
    if isinstance(model, Forecaster):
        if invert or column:
            raise KassandraError(f"{'--invert' if invert else '--text'}: a forecast does not use it")
        if len(inputs) != 1:
            raise KassandraError("predict: give one table with the columns that the model was trained on")
        predict_forecast.show(model, Path(inputs[0]), series, as_json)
        return
    if series:
        raise KassandraError("--series: is for forecasts")
    if isinstance(model, Translator):
        raise KassandraError(f"{folder}: a model that translates names no classes; try `kassandra translate`")
    if not isinstance(model, Predictor):
        raise KassandraError(f"{folder}: a language model does not name classes; try `kassandra generate`")
    task = model.meta["task"]
    if column and task != "sentiment":
        raise KassandraError(f"--text: {model.task.unit} have no such column")
    if invert and task != "images":
        raise KassandraError("--invert: is for images")
    if task == "images":
        _images(model, [Path(path) for path in inputs], invert, as_json)
    elif task == "speech":
        predict_speech.show(model, [Path(path) for path in inputs], as_json)
    else:
        _texts(model, inputs, column, as_json)


def _images(model: Predictor, images: list[Path], invert: bool, as_json: bool) -> None:
    if not images:
        raise KassandraError("predict: give one image file or several")
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


def _texts(model: Predictor, inputs: list[str], column: str | None, as_json: bool) -> None:
    is_table = len(inputs) == 1 and Path(inputs[0].lower().removesuffix(".gz")).suffix in READERS
    if column and not is_table:
        raise KassandraError("--text: names a column, so the input must be one table (.csv, .tsv, .jsonl, .parquet)")
    if is_table:
        if not Path(inputs[0]).exists():
            raise KassandraError(f"{inputs[0]}: no such file")
        read = read_table_of_texts(Path(inputs[0]), column, NO_LABEL)
        texts = read.texts
        if read.refused:
            print(sentence(read.refused, Path(inputs[0]), len(texts) + len(read.refused)), file=sys.stderr)
    else:
        texts = [text for text in lines_of(inputs) if text or inputs]  # empty lines are skipped, what is given is not
    if not texts:
        raise KassandraError("predict: no text; give one in quotes, a table, or lines on standard input")
    predictions = model.predict(texts)
    words = [_words(model, text, weights) for text, weights in zip(texts, model.contributions(texts), strict=True)]
    if as_json:
        for text, prediction, mattered in zip(texts, predictions, words, strict=True):
            print(json.dumps({"text": text, **prediction._asdict(), "words": dict(mattered)}, ensure_ascii=False))
    elif is_table:
        _as_csv(texts, predictions, words)
    else:
        for text, prediction, mattered in zip(texts, predictions, words, strict=True):
            _as_lines(text, prediction, mattered)


def _words(model: Predictor, text: str, contributions: NDArray[np.float64]) -> list[tuple[str, float]]:
    """Those that speak loudest for the label (positive) or against it, each with the sum over where it stands."""
    summed: dict[str, float] = {}
    for piece, token in zip(*model.task.pieces(text), strict=True):
        if token is not None:
            word = piece.strip().casefold()
            summed[word] = summed.get(word, 0.0) + float(contributions[token])
    loudest = sorted((word for word in summed if word), key=lambda word: -abs(summed[word]))
    return [(word, round(summed[word], 3)) for word in loudest[:WORDS]]


def _as_csv(texts: list[str], predictions: list[Prediction], words: list[list[tuple[str, float]]]) -> None:
    rows = [
        {"text": text, "label": prediction.label, "probability": round(prediction.probability, 6)}
        | {f"probability_{name}": round(value, 6) for name, value in prediction.probabilities.items()}
        | {"words": " ".join(word for word, weight in mattered if weight > 0)}
        for text, prediction, mattered in zip(texts, predictions, words, strict=True)
    ]
    pd.DataFrame(rows).to_csv(sys.stdout, index=False, lineterminator="\n")


def _as_lines(text: str, prediction: Prediction, words: list[tuple[str, float]]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    console.print(f"[bold]{escape(prediction.label)}[/] {prediction.probability:.3f}  {escape(shown)}")
    for sign, name in ((1, "for it"), (-1, "against it")):
        some = ", ".join(f"{escape(word)} {abs(weight):.2f}" for word, weight in words if weight * sign > 0)
        if some:
            console.print(f"    {name}: {some}")
