# %% [markdown]
# # 2. Digits, row by row
#
# The usual first LSTM reads a handwritten digit as 28 rows of 28 pixels and says which digit it is at the end. It works at
# once, which is why it is the usual first one. This chapter trains it as tutorials do, and then changes one thing at a time.
# To be quick it takes 5,000 of the 60,000 images; `make repro` trains on all of them.

# %%
import matplotlib.pyplot as plt

import kassandra

BASE = {
    "input": "images", "target": "label", "source": {"dataset": "mnist"}, "prepare": {"scan": "rows", "limit": 5000},
    "model": {"variant": "vanilla", "hidden_size": 64},
    "train": {"seeds": 3, "epochs": 4, "batch_size": 64, "learning_rate": 0.005, "schedule": "constant"},
}  # fmt: skip


def changed(section: dict, **changes: dict) -> dict:
    return {**section, **{name: {**section[name], **keys} for name, keys in changes.items()}}


def accuracy(name: str, section: dict) -> dict:
    """Of the mean of three trainings from different seeds, with its interval."""
    run = kassandra.run(section, None, f"/tmp/kassandra-course/digits-{name}")
    return next(score for score in run.scores["intervals"] if score["score"] == "accuracy")


# %% [markdown]
# ## As tutorials have it, then better

# %%
steps = {"tutorial": BASE}
steps["schedule"] = changed(steps["tutorial"], train={"schedule": "triangular"})
steps["attention"] = changed(steps["schedule"], model={"variant": "attention"})
steps["distort"] = changed(steps["attention"], train={"distort": {"shift": 2, "rotate": 10, "scale": 0.1, "shear": 5}})
results = {name: accuracy(name, section) for name, section in steps.items()}

# %%
figure, axis = plt.subplots(figsize=(7, 2.6), layout="constrained")
for place, score in enumerate(results.values()):
    axis.errorbar(
        score["value"],
        place,
        xerr=[[score["value"] - score["low"]], [score["high"] - score["value"]]],
        fmt="o",
        color="C0",
        capsize=3,
    )
(
    axis.set_yticks(range(len(results)), results),
    axis.invert_yaxis(),
    axis.set_xlabel("accuracy on test: mean of 3 seeds, 95% interval"),
)
plt.show()
for name, score in results.items():
    print(f"{name:10} {score['value']:.4f} [{score['low']:.4f}, {score['high']:.4f}]")

# %% [markdown]
# * **The schedule** lets the learning rate rise and fall; the last steps are small ones.
# * **Attention** reads a weighted mean over all rows instead of the state after the last one.
# * **Distortion** moves, turns and slants each image anew in each epoch. With so few epochs it may not pay yet: the interval says.
#
# A baseline belongs beside every score: a linear map of all pixels has about 0.92 on the full set, with no LSTM at all. And the
# intervals above are wide because three seeds are few: whether one *step* is better than the one before it is a question for
# `kassandra compare`, which pairs the examples, and not for overlapping bars.
#
# **Your turn.** Read the pixels one by one, 784 steps instead of 28. What does an LSTM keep, and what does a tanh RNN?
#
# ```console
# $ dvc exp run evaluate@mnist -S pipelines.mnist.prepare.scan=pixels
# ```
