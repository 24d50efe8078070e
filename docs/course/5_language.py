# %% [markdown]
# # 5. Language models, and writing
#
# A language model says which letter comes next. Its loss is counted in *nats per letter*, and `exp` of it, the perplexity, says
# among how many equally likely letters it seems to choose. Training cuts a play into windows and carries the state from one to
# the next. The baseline is older than all of this: counts of the last few letters, smoothed (Kneser & Ney 1995).

# %%
import math

import matplotlib.pyplot as plt
import pandas as pd

import kassandra

section = {
    "input": "text", "target": "next", "source": {"dataset": "tiny-shakespeare"}, "prepare": {"tokens": "characters"},
    "model": {"variant": "vanilla", "embedding_size": 32, "hidden_size": 128},
    "train": {"seeds": 1, "epochs": 2, "batch_size": 32, "window": 100, "learning_rate": 0.006},
}  # fmt: skip
run = kassandra.run(section, None, "/tmp/kassandra-course/language")
print(f"LSTM: {run.scores['loss']:.3f} nats per letter, perplexity {math.exp(run.scores['loss']):.2f}")
for baseline in run.scores["baselines"]:
    print(f"{baseline['baseline']}: {baseline['loss']['value']:.3f}")

# %% [markdown]
# Two epochs of a small model; `make repro NAME=shakespeare` trains a larger one for eight, which passes the 7-grams.
#
# ## Which letters are hard?

# %%
model = run.model
letters = model.meta["vocabulary"]
table = pd.read_parquet(run.folder / "data/predictions/run/test.parquet")[2000:2110]
plt.figure(figsize=(12, 2.4), layout="constrained")
plt.bar(range(len(table)), -table["log_probability"])
names = [{"\n": "↵", " ": "␣"}.get(letters[token], letters[token]) for token in table["target"]]
(
    plt.xticks(range(len(table)), names, fontsize=7),
    plt.ylabel("nats"),
    plt.title("Loss of each letter of a stretch of test"),
)
plt.show()

# %% [markdown]
# First letters of words cost most; once a word has begun, the rest is nearly certain.
#
# ## Writing
#
# Each letter is drawn from the model's probabilities and read back in. A *temperature* below 1 sharpens them; `top_p` draws from
# the likeliest letters only (Holtzman et al. 2020).

# %%
for temperature in (0.3, 0.8, 1.3):
    print(f"--- temperature {temperature}")
    print("ROMEO:" + "".join(model.write("ROMEO:", length=160, temperature=temperature, top_p=0.95, seed=0)))

# %% [markdown]
# Low temperatures repeat themselves, high ones misspell. No setting makes the model know what a sentence is about: 100 letters of
# context, carried on in 128 numbers, hold spelling, line breaks and who speaks.
#
# **Your turn.** Is a letter the right unit? Train on byte pairs and compare *bits per character*, which both share:
#
# ```console
# $ dvc exp run evaluate@shakespeare -S pipelines.shakespeare.prepare.tokens=bpe -S +pipelines.shakespeare.prepare.vocab_size=2000
# $ kassandra compare
# ```
