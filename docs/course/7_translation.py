# %% [markdown]
# # 7. Translation: two LSTMs, and a question at each word
#
# An encoder reads the English sentence and a decoder writes the French one. Without attention everything must pass through one
# vector. With attention the decoder asks at each word: which words of the source matter now? (Bahdanau et al. 2015.) The
# sentences are short ones of Tatoeba, 12,000 of them, so that this takes three minutes; `make repro NAME=tatoeba` takes 30,000.

# %%
import matplotlib.pyplot as plt

import kassandra

section = {
    "input": "text", "target": "text", "source": {"dataset": "tatoeba"},
    "prepare": {"vocab_size": 1500, "max_length": 10, "limit": 12000},
    "model": {
        "variant": "bidirectional", "embedding_size": 64, "hidden_size": 96, "dropout": 0.2,
        "decoder": {"attention": "general", "input_feeding": False, "num_layers": 1, "hidden_size": 96},
    },
    "train": {"seeds": 1, "epochs": 6, "batch_tokens": 256, "learning_rate": 0.004, "precision": "bf16", "keep": "last"},
}  # fmt: skip
run = kassandra.run(section, None, "/tmp/kassandra-course/translation")
print(f"LSTM with attention: BLEU {run.scores['bleu']:.1f}")
for baseline in run.scores["baselines"]:
    print(f"{baseline['baseline']}: BLEU {baseline['bleu']['value']:.1f}")

# %% [markdown]
# One of the baselines is the same model without attention, trained in the same way. BLEU is that of sentences which the model
# wrote on its own; with the right French words fed in at each step ("teacher forcing") the figure would be higher and mean nothing.
#
# So small a model loses to the nearest sentence of train, and says so. Attention already makes the difference to the model
# without it. With 30,000 pairs and twice the width, `tatoeba` has BLEU 31 where the nearest sentence has 15 ([results](../results.md)).
#
# ## Where it looked

# %%
model = run.model
for text in ("I don't know.", "She is very tired.", "Where is my old hat?"):
    (translation,) = model.translate([text], beam=5)
    print(f"{text}  →  {translation.text}")
plt.figure(figsize=(4, 4), layout="constrained")
plt.imshow(translation.alignment, cmap="Greys", vmin=0, vmax=1)  # (pieces written, pieces read)
plt.xticks(range(len(translation.source_pieces)), translation.source_pieces, rotation=90)
plt.yticks(range(len(translation.pieces)), translation.pieces)
plt.title("Attention"), plt.xlabel("read"), plt.ylabel("written")
plt.show()

# %% [markdown]
# ## Searching
#
# Greedy writing takes the likeliest piece each time; a beam keeps several beginnings. A beam of 1 *is* greedy:

# %%
for beam in (1, 5, 20):
    print(beam, [each.text for each in model.translate(["He gave me a book.", "We are all alone."], beam=beam)])

# %% [markdown]
# **Your turn.** How long must a sentence be before attention matters? Train without it and look at the scores by length in
# `metrics/tatoeba/plots/`:
#
# ```console
# $ dvc exp run evaluate@tatoeba -S pipelines.tatoeba.model.decoder.attention=none
# $ kassandra compare
# ```
