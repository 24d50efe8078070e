# mypy: ignore-errors
"""darts' BlockRNNModel: nn.LSTM over a window, a linear layer from its last step to all steps of the horizon."""

from clock import Clock
from darts import TimeSeries
from darts.models import BlockRNNModel
from pytorch_lightning import Callback
from windows import asked_of_windows


class Epochs(Callback):
    def __init__(self, clock):
        self.clock = clock

    def on_train_epoch_start(self, trainer, module):
        self.clock.begin()

    def on_train_epoch_end(self, trainer, module):
        self.clock.end()


def main():
    values, sizes, epochs, how = asked_of_windows()
    clock = Clock(len(values) - sizes["window"] - sizes["horizon"] + 1)
    model = BlockRNNModel(
        sizes["window"], sizes["horizon"], model="LSTM", hidden_dim=sizes["hidden"], batch_size=sizes["batch"],
        n_epochs=epochs, random_state=0, pl_trainer_kwargs=how | {"callbacks": [Epochs(clock)]},
    )  # fmt: skip
    model.fit(TimeSeries.from_values(values))


main()
