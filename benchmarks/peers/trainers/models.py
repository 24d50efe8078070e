# mypy: ignore-errors
"""nn.LSTM as tutorials use it, for the two loops in PyTorch and for Lightning."""

import torch
from torch import nn


class Reader(nn.Module):
    """An embedding where there are words, nn.LSTM, a linear layer on its last step, in both directions if asked."""

    def __init__(self, features, sizes, both=False):
        super().__init__()
        words = sizes.get("vocabulary")
        self.embedding = nn.Embedding(words, sizes["embedding"]) if words else nn.Identity()
        size = sizes["hidden"]
        self.lstm = nn.LSTM(sizes["embedding"] if words else features, size, batch_first=True, bidirectional=both)
        self.linear = nn.Linear(size * (1 + both), sizes["classes"])

    def forward(self, inputs):
        _, (last, _) = self.lstm(self.embedding(inputs))
        return self.linear(torch.cat(tuple(last), 1))


def examples(row, arrays, sizes):
    """The model, and a DataLoader of shuffled batches."""
    inputs, answers = torch.from_numpy(arrays["inputs"]), torch.from_numpy(arrays["answers"])
    if row == "images":
        inputs = inputs.float().div_(255)
    data = torch.utils.data.TensorDataset(inputs, answers)
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(data, sizes["batch"], shuffle=True)
    return Reader(28, sizes, both=row == "reviews"), loader
