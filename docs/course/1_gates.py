# %% [markdown]
# # 1. Why gates
#
# A recurrent network reads a sequence step by step and keeps what it has read in a vector. Training asks how the loss at the
# end depends on what was read at the beginning, and that answer is a product of as many matrices as there are steps between.
# Such a product shrinks to nothing, or explodes. The LSTM (Hochreiter & Schmidhuber 1997) adds a second vector, the cell, to
# which each step *adds*, and gates which decide how much. This chapter shows both: the gradient that vanishes, the equations,
# and the gates at work on a real sentence.

# %%
import matplotlib.pyplot as plt
import torch

import kassandra
from kassandra.lstm.cells import Weights, unroll
from kassandra.lstm.encoder import State
from kassandra.lstm.layers import VanillaLSTM

torch.set_num_threads(1)

# %% [markdown]
# ## The gradient that vanishes
#
# 64 random sequences of 100 steps. How large is the gradient of the last state with respect to the input of each step?


# %%
def gradient_norms(cell: str, steps: int = 100) -> torch.Tensor:
    torch.manual_seed(0)
    layer = VanillaLSTM(8, 32, cell)
    inputs = torch.randn(64, steps, 8, requires_grad=True)  # (batch, time, features)
    layer(inputs, None).summary.sum().backward()
    return inputs.grad.norm(dim=2).mean(dim=0)  # (time,)


for cell in ("rnn", "gru", "lstm"):
    plt.semilogy(gradient_norms(cell), label=cell)
(
    plt.xlabel("step"),
    plt.ylabel("norm"),
    plt.legend(),
    plt.title("Gradient of the last state with respect to each input"),
)
plt.show()

# %% [markdown]
# The state of a tanh RNN hardly depends on anything but the last few dozen steps, so it cannot learn from them. The LSTM's
# forget gate is nearer to 1 at first, on purpose (its bias is set so), and the line falls far more slowly. An untrained GRU is
# no better than the RNN: its gate begins half open, and it has to learn to keep.
#
# Does it matter? The *adding problem*: two of 40 numbers are marked; say their sum. Always saying 1 has an error of 1/6.

# %%
from benchmarks.adding_problem import draw
from kassandra.targets.label.train.target import Classifier


def learn(cell: str, length: int = 40, steps: int = 600) -> list[float]:
    torch.manual_seed(0)
    stream, model = torch.Generator().manual_seed(0), Classifier(VanillaLSTM(2, 32, cell), outputs=1)
    optimizer, errors = torch.optim.Adam(model.parameters(), lr=0.01), []
    for _ in range(steps):
        inputs, targets = draw(32, length, stream)  # (batch, time, 2), (batch, 1)
        loss = torch.nn.functional.mse_loss(model(inputs, None), targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        errors.append(loss.item())
    return errors


for cell in ("rnn", "lstm"):
    errors = torch.tensor(learn(cell))
    plt.semilogy(range(10, len(errors), 20), errors.unfold(0, 20, 20).mean(1), label=cell)
plt.axhline(1 / 6, color="black", linestyle="--", label="always 1")
plt.xlabel("training step"), plt.ylabel("squared error"), plt.legend()
plt.show()

# %% [markdown]
# One training of each is an illustration, not a verdict; `python -m benchmarks.adding_problem` does it over 100 steps with
# several seeds, learning rates chosen on validation, and a test set.
#
# ## The equations
#
# With $\sigma$ the logistic function and $\odot$ the product of elements:
#
# $$i, f, o = \sigma(W x_t + U h_{t-1} + b) \qquad g = \tanh(W x_t + U h_{t-1} + b)$$
# $$c_t = f \odot c_{t-1} + i \odot g \qquad h_t = o \odot \tanh c_t$$
#
# In Python, one step:


# %%
def step(x: torch.Tensor, state: State, weights: Weights) -> tuple[State, tuple[torch.Tensor, ...]]:
    h, c = state
    i, f, g, o = (x @ weights.W.T + weights.b + h @ weights.U.T + weights.d).chunk(4, dim=1)  # 4 × (batch, hidden)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    return State(o * c.tanh(), c), (i, f, g, o)


layer, inputs = torch.nn.LSTM(8, 32, batch_first=True), torch.randn(4, 20, 8)
weights, state = Weights(*layer.parameters()), State(torch.zeros(4, 32), torch.zeros(4, 32))
for x in inputs.unbind(1):
    state, _ = step(x, state, weights)
print("largest difference from nn.LSTM:", (state.h - layer(inputs)[0][:, -1]).abs().max().item())
print("and from kassandra.lstm.cells:  ", (unroll("lstm", weights, inputs)[1].h - state.h).abs().max().item())

# %% [markdown]
# ## Gates on a real sentence
#
# A small LSTM learns whether a sentence about a film is friendly (10,000 sentences, Pang & Lee 2005), in half a minute.

# %%
section = {
    "input": "text", "target": "label", "source": {"dataset": "rotten-tomatoes"},
    "prepare": {"tokens": "words", "vocab_size": 5000, "max_length": 60},
    "model": {"variant": "vanilla", "embedding_size": 32, "hidden_size": 16, "embedding_dropout": 0.3, "dropout": 0.3},
    "train": {"seeds": 1, "epochs": 4, "batch_tokens": 2048, "learning_rate": 0.005},
}  # fmt: skip
run = kassandra.run(section, None, "/tmp/kassandra-course/gates")
print("accuracy on test:", run.scores["accuracy"])

# %%
sentence = "a film that is not funny , but never dull ."
model = run.model
split = model.pair.own([sentence])
(_, batch), *_ = model.pair.numbered_batches(split)
classifier = model.models[0]
with torch.no_grad():
    vectors = classifier.embedding(batch.inputs)  # (1, time, 32)
    weights = Weights(*classifier.encoder.recurrence.parameters())
    state, seen = State(torch.zeros(1, 16), torch.zeros(1, 16)), []
    for x in vectors.unbind(1):
        state, gates = step(x, state, weights)
        seen.append([*gates, state.c])
words = sentence.split()
figure, axes = plt.subplots(1, 4, figsize=(11, 3.5), sharey=True, layout="constrained")
for axis, name, place in zip(axes, ("input gate i", "forget gate f", "output gate o", "cell c"), (0, 1, 3, 4)):
    picture = torch.cat([each[place] for each in seen])[: len(words)]  # (time, hidden)
    low = -picture.abs().max() if place == 4 else 0
    image = axis.imshow(
        picture,
        aspect="auto",
        vmin=low,
        vmax=picture.abs().max() if place == 4 else 1,
        cmap="PuOr" if place == 4 else "viridis",
    )
    axis.set_title(name), axis.set_xlabel("unit"), figure.colorbar(image, ax=axis)
axes[0].set_yticks(range(len(words)), words)
plt.show()
print(model.predict([sentence])[0])

# %% [markdown]
# **Your turn.** Does the sentence's first half survive in the cell? Read the forget gate at `but`. Then ask whether a plain RNN
# does as well on short sentences:
#
# ```console
# $ kassandra add recipes/rotten-tomatoes.yaml
# $ dvc exp run evaluate@rotten-tomatoes -S pipelines.rotten-tomatoes.model.cell=rnn
# $ kassandra compare
# ```
