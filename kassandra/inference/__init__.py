"""A trained model put to use: `kassandra.load(folder).predict(…)`, `.write(prompt)` or `.translate(texts)`."""

from pathlib import Path
from typing import Any

import torch

from kassandra.inference.loaded import Loaded
from kassandra.lstm.language_model import LanguageModel
from kassandra.targets.forecast.evaluate.predict import Forecast, Forecaster
from kassandra.targets.forecast.train.heads import Forecaster as ForecasterModel
from kassandra.targets.label.evaluate.predict import Outputs, Prediction, Predictor
from kassandra.targets.next.evaluate.predict import Writer, draw
from kassandra.targets.text.evaluate.predict import Translation, Translator
from kassandra.targets.text.train.translator import Translator as TranslatorModel
from kassandra.training import folder as model_folder

__all__ = [
    "Forecast", "Forecaster", "Loaded", "Outputs", "Prediction", "Predictor", "Translation", "Translator", "Writer",
    "draw", "load",
]  # fmt: skip


def load(folder: str | Path, device: str | torch.device = "cpu") -> Any:
    """A trained model from its folder: a Predictor, for language models a Writer, for numbers to come a
    Forecaster, for translations a Translator.

    Args:
        folder: what training wrote, as data/models/mnist; it may lie anywhere.
        device: where to compute.

    Raises:
        KassandraError: the folder is no such folder, or is damaged.
    """
    folder, device = Path(folder), torch.device(device)
    loaded = model_folder.load(folder)
    if isinstance(loaded.model, LanguageModel):
        return Writer(folder, loaded, loaded.model, device)
    if isinstance(loaded.model, ForecasterModel):
        return Forecaster(folder, loaded, loaded.model, device)
    if isinstance(loaded.model, TranslatorModel):
        return Translator(folder, loaded, loaded.model, device)
    return Predictor(folder, loaded, loaded.model, device)
