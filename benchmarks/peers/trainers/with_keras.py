# mypy: ignore-errors
"""Keras 3, `fit` as its examples call it; KERAS_BACKEND says on what."""

import keras
import numpy as np
from clock import Clock, asked
from keras import layers


class Epochs(keras.callbacks.Callback):
    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def on_epoch_begin(self, epoch, logs=None):
        self.clock.begin()

    def on_epoch_end(self, epoch, logs=None):
        self.clock.end()


def images(arrays, sizes):
    model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(sizes["hidden"]), layers.Dense(sizes["classes"])])
    return model, arrays["inputs"].astype("float32") / 255, arrays["answers"]


def reviews(arrays, sizes):
    both = layers.Bidirectional(layers.LSTM(sizes["hidden"]))
    embedding = layers.Embedding(sizes["vocabulary"], sizes["embedding"])
    shape = arrays["inputs"].shape[1:]
    model = keras.Sequential([keras.Input(shape, dtype="int32"), embedding, both, layers.Dense(sizes["classes"])])
    return model, arrays["inputs"].astype("int32"), arrays["answers"]


def characters(arrays, sizes):
    """Stateful: row i of a batch goes on where row i of the batch before ended."""
    batch, window, ids = sizes["batch"], sizes["window"], arrays["inputs"].astype("int32")
    model = keras.Sequential([
        keras.Input(batch_shape=(batch, window), dtype="int32"),
        layers.Embedding(sizes["vocabulary"], sizes["embedding"]),
        layers.LSTM(sizes["hidden"], return_sequences=True, stateful=True),
        layers.Dense(sizes["vocabulary"]),
    ])  # fmt: skip
    return model, *(part.reshape(batch, -1, window).swapaxes(0, 1).reshape(-1, window) for part in (ids[:-1], ids[1:]))


def main():
    row, precision, data, sizes, epochs = asked()
    keras.utils.set_random_seed(0)
    if precision == "bf16":
        keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    model, inputs, answers = globals()[row](np.load(data), sizes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3, global_clipnorm=1.0), loss=loss)
    clock = Clock(answers.size)
    how = {"batch_size": sizes["batch"], "shuffle": row != "characters", "verbose": 0}
    model.fit(inputs, answers, epochs=epochs, callbacks=[Epochs(clock)], **how)


main()
