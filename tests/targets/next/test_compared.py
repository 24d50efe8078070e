"""Language models: scores recomputed from what is stored, and p the same whatever the unit."""

import numpy as np
import pandas as pd
import pytest

from kassandra.comparison.revisions import Predicted
from kassandra.targets.next.evaluate.compared import compared, differ


def told(losses, characters):
    mean = float(losses.mean())
    stored = {"loss": mean, "perplexity": float(np.exp(mean))}
    stored["bits_per_character"] = mean * len(losses) / characters / float(np.log(2))
    table = pd.DataFrame({"target": np.arange(len(losses)), "log_probability": (-losses).astype(np.float32)})
    return Predicted(None, "x", table, stored)


def test_every_score_is_recomputed():
    generator = np.random.default_rng(0)
    shared = generator.gamma(2, 1, 5000)
    a, b = (told(shared + generator.gamma(2, 0.1 * more, 5000), 9000) for more in (1, 1.5))
    found = compared(a, b)
    assert set(found) == set(a.stored)
    for score, (one, other, difference) in found.items():
        assert (one, other) == pytest.approx((a.stored[score], b.stored[score]), rel=1e-5)
        assert difference.value == pytest.approx(other - one)
        assert difference.p < 0.001
        assert difference.low > 0
    loss, bits = found["loss"][2], found["bits_per_character"][2]
    assert loss.p == pytest.approx(bits.p) == found["perplexity"][2].p
    assert bits.high / loss.high == pytest.approx(5000 / 9000 / np.log(2))


def test_other_tokens_are_not_compared():
    a, b = told(np.ones(30), 30).table, told(np.ones(30), 30).table
    assert differ(a, b) == ""
    assert differ(a, b[:-1]) == "30 test tokens at A, 29 at B"
    assert differ(a, b.assign(target=b["target"] + 1)) == "other tokens"
