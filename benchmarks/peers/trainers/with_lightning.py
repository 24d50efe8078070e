# mypy: ignore-errors
"""Lightning's Trainer around nn.LSTM, without logger, checkpoints and progress bar."""

import logging
import warnings

import lightning
import numpy as np
import torch
from clock import Clock, asked
from models import examples
from torch import nn


class Module(lightning.LightningModule):
    def __init__(self, model, clock):
        super().__init__()
        self.model, self.clock = model, clock

    def training_step(self, batch, number):
        return nn.functional.cross_entropy(self.model(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 1e-3)

    def on_train_epoch_start(self):
        self.clock.begin()

    def on_train_epoch_end(self):
        self.clock.end()


def main():
    row, precision, data, sizes, epochs = asked()
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    model, loader = examples(row, np.load(data), sizes)
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=epochs, precision="bf16-mixed" if precision == "bf16" else "32-true",
        logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, gradient_clip_val=1.0,
    )  # fmt: skip
    trainer.fit(Module(model, Clock(len(loader.dataset))), loader)


main()
