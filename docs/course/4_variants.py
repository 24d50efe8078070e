# %% [markdown]
# # 4. Both directions, several layers, attention
#
# Four ways to put an LSTM together, and the question that most comparisons of them skip: is the difference larger than what
# another seed would have given? The data are sentences on films; each variant is trained three times.

# %%
import itertools

import matplotlib.pyplot as plt
import pandas as pd

import kassandra
from kassandra.judging.method import difference
from kassandra.judging.score import scores_of

BASE = {
    "input": "text", "target": "label", "source": {"dataset": "rotten-tomatoes"},
    "prepare": {"tokens": "words", "vocab_size": 5000, "max_length": 60, "limit": 4000},
    "model": {"embedding_size": 32, "hidden_size": 24, "embedding_dropout": 0.3, "dropout": 0.3},
    "train": {"seeds": 3, "epochs": 5, "batch_tokens": 1024, "learning_rate": 0.005},
}  # fmt: skip
VARIANTS = {
    "vanilla": {"variant": "vanilla"},
    "stacked": {"variant": "stacked", "num_layers": 2},
    "bidirectional": {"variant": "bidirectional"},
    "attention": {"variant": "attention", "bidirectional": True},
}


def predictions(name: str) -> list[pd.DataFrame]:
    """Of each of three members, a row per test sentence."""
    section = {**BASE, "model": {**BASE["model"], **VARIANTS[name]}}
    run = kassandra.run(section, None, f"/tmp/kassandra-course/{name}")
    table = pd.read_parquet(run.folder / "data/predictions/run/test.parquet")
    return [member.reset_index(drop=True) for _, member in table.groupby("seed", sort=False)]


tables = {name: predictions(name) for name in VARIANTS}

# %% [markdown]
# ## Each training alone
#
# One dot is one training. Cover all but one dot of each row with your hand, and you see what a table of single runs says.

# %%
accuracies = {
    name: [(member.target == member.predicted).mean() for member in members] for name, members in tables.items()
}
figure, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
for place, values in enumerate(accuracies.values()):
    axis.plot(values, [place] * len(values), "o", color="C0", alpha=0.7)
    axis.plot(sum(values) / len(values), place, "|", color="black", markersize=18)
axis.set_yticks(range(len(VARIANTS)), VARIANTS), axis.invert_yaxis(), axis.set_xlabel("accuracy on test; | is the mean")
plt.show()

# %% [markdown]
# ## Two questions
#
# *Do these two models differ?* asks about test sentences only. *Is one method better?* asks what happens with other seeds, too.
# With three seeds a side the second is answered by a test of Welch's kind, widened by what the choice of sentences adds.

# %%
module = scores_of("label")
accuracy = next(score for score in module.SCORES if score.name == "accuracy")
for one, other in itertools.combinations(VARIANTS, 2):
    single = difference(accuracy, tables[one][:1], tables[other][:1], module.RESAMPLING).difference
    method = difference(accuracy, tables[one], tables[other], module.RESAMPLING).difference
    print(f"{other:13} - {one:13}: first models {single.value:+.3f} (p {single.p:.3f}), method {method.value:+.3f} "
          f"[{method.low:+.3f}, {method.high:+.3f}] (p {method.p:.3f})")  # fmt: skip

# %% [markdown]
# If no interval of a method lies on one side of 0, nothing was shown, neither that a variant is better nor that they are equal.
# On 4,000 sentences of one line each, that is the usual outcome, and a linear model on counts of words does as well:

# %%
run = kassandra.run({**BASE, "model": {**BASE["model"], **VARIANTS["vanilla"]}}, None, "/tmp/kassandra-course/vanilla")
for baseline in run.scores["baselines"]:
    score = baseline["accuracy"]
    print(f"{baseline['baseline']:45} {score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]")

# %% [markdown]
# **Your turn.** Where should the order of words matter more? Compare `vanilla` and `attention` on whole reviews, with the verdict
# on the method:
#
# ```console
# $ dvc exp run evaluate@imdb -S pipelines.imdb.model.variant=attention -S '~pipelines.imdb.model.readout'
# $ kassandra compare
# ```
