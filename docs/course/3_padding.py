# %% [markdown]
# # 3. Words, padding and masks
#
# Sentences have different lengths; a batch is a rectangle. The rest is padding, and most silent mistakes with LSTMs are about
# it or about the splits. Here are five of them as switches of one short program, each with what it does on real sentences.
# Nothing crashes in any of them, the loss falls in each, and one of them has the best score of all.

# %%
import numpy as np
import torch
from torch import nn

import kassandra
from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.ragged import Ragged

torch.set_num_threads(1)
section = {
    "input": "text", "target": "label", "source": {"dataset": "rotten-tomatoes"},
    "prepare": {"tokens": "words", "vocab_size": 5000, "max_length": 60},
    "model": {"variant": "vanilla", "embedding_size": 8, "hidden_size": 8}, "train": {"batch_tokens": 4096},
}  # fmt: skip
folder = (
    kassandra.run(section, None, "/tmp/kassandra-course/padding", last="prepare").folder / "data" / "prepared" / "run"
)


def split(name: str, limit: int) -> tuple[Ragged, np.ndarray]:
    arrays = map_arrays(folder / f"{name}.npz")
    # Drawn, and not the first ones: this file is sorted by label, and all of its first 3,000 sentences are friendly.
    rows = np.random.default_rng(0).permutation(len(arrays["labels"]))[:limit]
    return Ragged(arrays["ids"], arrays["offsets"]).take(rows), np.array(arrays["labels"])[rows]


train, test = split("train", 3000), split("test", 1500)
print(
    f"{len(train[1]):,} sentences of train, {len(test[1]):,} of test, {train[0].lengths.min()} to {train[0].lengths.max()} words"
)

# %% [markdown]
# ## The program, with its switches


# %%
class Reader(nn.Module):
    """Both directions of an LSTM, summed up in the way that `mistake` says."""

    def __init__(self, mistake: str) -> None:
        super().__init__()
        self.mistake = mistake
        self.embedding = nn.Embedding(5000, 32, padding_idx=0)
        self.lstm = nn.LSTM(32, 32, batch_first=True, bidirectional=True)
        self.dropout, self.linear = nn.Dropout(0.3), nn.Linear(64, 2)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        vectors = self.embedding(ids)  # (batch, time, 32)
        if self.mistake in ("last step of the padding", "backward half from the wrong end"):
            outputs, _ = self.lstm(vectors)  # (batch, time, 64): reads the padding too
            if self.mistake == "last step of the padding":
                return self.linear(self.dropout(outputs[:, -1]))
            last = outputs[torch.arange(len(ids)), lengths - 1]  # the backward half has seen one word there
            return self.linear(self.dropout(last))
        packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)  # (2, batch, 32), each half where it ends
        return self.linear(self.dropout(torch.cat([*h], dim=1)))


def accuracy(mistake: str, seed: int, epochs: int = 3) -> float:
    torch.manual_seed(seed)
    generator, (texts, labels) = np.random.default_rng(seed), train
    if mistake == "half of test in train":
        half = np.arange(0, len(test[1]), 2)
        texts = Ragged.of([*(texts.take(np.array([row])).flat for row in range(len(labels))),
                           *(test[0].take(np.array([row])).flat for row in half)], np.int64)  # fmt: skip
        labels = np.concatenate([labels, test[1][half]])
    model = Reader(mistake)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.004)
    for _ in range(epochs):
        order = generator.permutation(len(labels))
        for rows in np.array_split(order, len(order) // 50):
            ids, lengths = texts.padded(rows)
            logits = model(torch.from_numpy(ids), torch.from_numpy(lengths))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    if mistake != "dropout left on":
        model.eval()
    right = 0
    with torch.no_grad():
        for rows in np.array_split(np.arange(len(test[1])), 15):
            ids, lengths = test[0].padded(rows)
            logits = model(torch.from_numpy(ids), torch.from_numpy(lengths))
            right += int((logits.argmax(1).numpy() == test[1][rows]).sum())
    return right / len(test[1])


# %%
MISTAKES = (
    "none",
    "last step of the padding",
    "backward half from the wrong end",
    "dropout left on",
    "half of test in train",
)
for mistake in MISTAKES:
    scores = [accuracy(mistake, seed) for seed in range(3)]
    print(f"{mistake:34} {np.mean(scores):.3f}   of three seeds: {' '.join(f'{score:.3f}' for score in scores)}")

# %% [markdown]
# * **The last step of the padding**: most sentences are read through dozens of empty steps before they are judged, and nothing
#   is left of them. On longer trainings it looks better, and is still wrong.
# * **The backward half from the wrong end** has seen one word. The forward half makes up for it, so that no score shows it.
#   A law does: the gradient of that half with respect to the first word must not be zero (`tests/laws/test_causality.py`).
# * **Dropout left on** costs little here, and makes each answer depend on chance.
# * **Half of test in train** looks like the best model of all.
#
# The tests that catch these do not look at scores. *What is in the padding never matters* (fill it with NaN), *a row alone
# equals the row in a batch*, *no test example is in train, compared as the model reads it*. They hold for every variant here:

# %%
from kassandra.lstm.layers import Bidirectional, VanillaLSTM

encoder = Bidirectional(VanillaLSTM(4, 6), VanillaLSTM(4, 6))
short, long = torch.randn(1, 5, 4), torch.full((1, 9, 4), float("nan"))
long[:, :5] = short
alone = encoder(short, torch.tensor([5])).summary
padded = encoder(long, torch.tensor([5])).summary
print("difference with NaN in the padding:", (alone - padded).abs().max().item())

# %% [markdown]
# **Your turn.** Two more mistakes have no switch above: `drop_last=True` in the test loader, and a mean of batch means. Which way
# does each move the accuracy, and how far? Then see what a leak of *speakers* does to spoken digits:
#
# ```console
# $ kassandra add recipes/fsdd-speakers.yaml
# $ dvc repro evaluate@fsdd-theo
# ```
