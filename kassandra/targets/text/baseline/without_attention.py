"""The encoder-decoder without attention, of Sutskever et al. (2014) in small: what attention has to beat.

The same sizes and the same training for every data set: sections of params.yaml, which stages/baseline.py trains.
"""

# Two layers, the source from its end (section 3.3).
MODEL = {
    "variant": "vanilla",
    "embedding_size": 192,
    "hidden_size": 192,
    "dropout": 0.1,
    "reverse_source": True,
    "decoder": {"attention": "none"},
}
TRAIN = {"epochs": 4, "batch_tokens": 512, "learning_rate": 0.002, "warmup": 0.1, "device": "cpu"}
MOST_STEPS = 4000  # fewer epochs where they would be more
