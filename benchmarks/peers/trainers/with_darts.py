# mypy: ignore-errors
"""darts' BlockRNNModel: nn.LSTM over a window, a linear layer from its last step to all steps of the horizon."""

import logging
import warnings

import numpy as np
from clock import Clock, asked
from darts import TimeSeries
from darts.models import BlockRNNModel
from pytorch_lightning import Callback


class Epochs(Callback):
    def __init__(self, clock):
        self.clock = clock

    def on_train_epoch_start(self, trainer, module):
        self.clock.begin()

    def on_train_epoch_end(self, trainer, module):
        self.clock.end()


def main():
    _, precision, data, sizes, epochs = asked()
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    values = np.load(data)["inputs"].astype("float32")
    clock = Clock(len(values) - sizes["window"] - sizes["horizon"] + 1)
    how = {"accelerator": "cpu", "precision": "bf16-mixed" if precision == "bf16" else "32-true", "logger": False}
    how |= {"enable_progress_bar": False, "enable_model_summary": False, "gradient_clip_val": 1.0}
    model = BlockRNNModel(
        sizes["window"], sizes["horizon"], model="LSTM", hidden_dim=sizes["hidden"], batch_size=sizes["batch"],
        n_epochs=epochs, random_state=0, pl_trainer_kwargs=how | {"callbacks": [Epochs(clock)]},
    )  # fmt: skip
    model.fit(TimeSeries.from_values(values))


main()
