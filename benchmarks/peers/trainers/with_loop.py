# mypy: ignore-errors
"""The tutorial's loop around nn.LSTM; for characters, the loop of a stateful language model: windows of a text that is
read in parts side by side, the state detached between them, gradients clipped, plain gradient descent."""

import numpy as np
import torch
from clock import Clock, asked
from models import examples
from torch import nn


class LanguageModel(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.embedding = nn.Embedding(sizes["vocabulary"], sizes["embedding"])
        self.lstm = nn.LSTM(sizes["embedding"], sizes["hidden"])
        self.linear = nn.Linear(sizes["hidden"], sizes["vocabulary"])

    def forward(self, ids, state):
        outputs, state = self.lstm(self.embedding(ids), state)
        return nn.functional.log_softmax(self.linear(outputs).flatten(0, 1), dim=1), state


def characters(arrays, sizes, autocast, epochs):
    torch.manual_seed(0)
    ids = torch.from_numpy(arrays["inputs"])
    inputs, answers = (part.view(sizes["batch"], -1).t().contiguous() for part in (ids[:-1], ids[1:]))
    model, clock = LanguageModel(sizes), Clock(answers.numel())
    for _ in range(epochs):
        clock.begin()
        state = tuple(torch.zeros(1, sizes["batch"], sizes["hidden"]) for _ in range(2))
        for at in range(0, len(inputs), sizes["window"]):
            model.zero_grad()
            state = tuple(part.detach() for part in state)
            with autocast:
                outputs, state = model(inputs[at : at + sizes["window"]], state)
                loss = nn.functional.nll_loss(outputs, answers[at : at + sizes["window"]].flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            for weights in model.parameters():
                weights.data.add_(weights.grad, alpha=-1.0)
        clock.end()


def classes(row, arrays, sizes, autocast, epochs):
    model, loader = examples(row, arrays, sizes)
    optimizer, clock = torch.optim.Adam(model.parameters(), 1e-3), Clock(len(loader.dataset))
    for _ in range(epochs):
        clock.begin()
        for inputs, answers in loader:
            optimizer.zero_grad()
            with autocast:
                loss = nn.functional.cross_entropy(model(inputs), answers)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        clock.end()


def main():
    row, precision, data, sizes, epochs = asked()
    torch.set_num_threads(1)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")
    if row == "characters":
        characters(np.load(data), sizes, autocast, epochs)
    else:
        classes(row, np.load(data), sizes, autocast, epochs)


main()
