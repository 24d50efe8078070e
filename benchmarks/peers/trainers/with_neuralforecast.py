# mypy: ignore-errors
"""neuralforecast's LSTM, which draws windows at each step, and does not pass over all: steps stand for an epoch."""

import pandas as pd
from clock import Clock
from neuralforecast import NeuralForecast
from neuralforecast.models import LSTM
from pytorch_lightning import Callback
from windows import asked_of_windows


class Steps(Callback):
    """Tells the clock of every `steps` of them as an epoch."""

    def __init__(self, clock, steps):
        self.clock, self.steps, self.done = clock, steps, 0

    def on_train_batch_start(self, trainer, module, batch, number):
        if self.done % self.steps == 0:
            if self.done:
                self.clock.end()
            self.clock.begin()
        self.done += 1

    def on_train_end(self, trainer, module):
        self.clock.end()


def main():
    values, sizes, epochs, how = asked_of_windows()
    steps = len(values) // sizes["batch"]
    model = LSTM(
        h=sizes["horizon"], input_size=sizes["window"], encoder_n_layers=1, encoder_hidden_size=sizes["hidden"],
        windows_batch_size=sizes["batch"], max_steps=steps * epochs, random_seed=0,
        callbacks=[Steps(Clock(steps * sizes["batch"]), steps)], enable_checkpointing=False, **how,
    )  # fmt: skip
    times = pd.date_range("2000-01-01", periods=len(values), freq="h")
    NeuralForecast([model], freq="h").fit(pd.DataFrame({"unique_id": "one", "ds": times, "y": values}))


main()
