# mypy: ignore-errors
"""What both trainers of windows are asked, and what they ask of PyTorch Lightning."""

import logging
import warnings

import numpy as np
from clock import asked


def asked_of_windows():
    """The values of the series (float32), sizes, epochs, and keys of a Lightning trainer that prints nothing."""
    _, precision, data, sizes, epochs = asked()
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    values = np.load(data)["inputs"].astype("float32")
    how = {"accelerator": "cpu", "precision": "bf16-mixed" if precision == "bf16" else "32-true", "logger": False}
    how |= {"enable_progress_bar": False, "enable_model_summary": False, "gradient_clip_val": 1.0}
    return values, sizes, epochs, how
