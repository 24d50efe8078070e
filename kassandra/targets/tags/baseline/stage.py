"""Baselines of tags: the most frequent tag of each word, and a linear chain on features, or regression on numbers."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from kassandra.contracts.artifacts import Arrays, read_arrays, read_json
from kassandra.contracts.spans import spans
from kassandra.contracts.tagged import Seen

Tags = list[list[str]]  # of each sequence one per step
PENALTIES = [0.01, 0.1]  # weights of the square of the chain's parameters, to choose from on valid
ROUNDS = 60  # of the chain's optimiser, at most
STRENGTHS = [0.01, 0.1, 1.0, 10.0]  # C of logistic regression, to choose from on valid


class Views(Protocol):
    """The input's baseline module."""

    def seen(self, split: Arrays, meta: dict[str, Any]) -> Seen: ...


def predictions(inputs: Views | None, prepared: Path, seed: int) -> pd.DataFrame:
    """One row per sequence of test, one column per baseline of its tags.

    Settings are chosen on valid, and each is then fitted to train and valid.
    """
    meta, splits = read_json(prepared / "meta.json"), ("train", "valid", "test")
    arrays = [read_arrays(prepared / f"{name}.npz") for name in splits]
    names = [*meta["tags"], *meta["unseen_tags"]]
    observed = [_tags(each, names) for each in arrays]
    lengths = [len(tags) for tags in observed[2]]
    columns = {"most frequent tag": [[_most_frequent(observed[0] + observed[1])] * length for length in lengths]}
    if inputs is not None:
        train, valid, test = (inputs.seen(each, meta) for each in arrays)
        score = micro_f1 if meta["spans"] else _accuracy
        if train.symbols is not None:
            assert valid.symbols is not None
            assert test.symbols is not None
            known = [*train.symbols, *valid.symbols]
            columns = {f"most frequent tag of the {meta['steps'].removesuffix('s')}": of_symbols(
                known, observed[0] + observed[1], test.symbols
            )}  # fmt: skip
        if train.features is not None:
            columns["linear CRF on features"] = chain(train, valid, test, observed, score)
        if train.numbers is not None:
            columns["logistic regression"] = _regression(train, valid, test, observed, score)
    return pd.DataFrame(columns)


def _tags(arrays: Arrays, names: Sequence[str]) -> Tags:
    flat = [names[tag] for tag in arrays["tags"].tolist()]
    return [flat[begin:end] for begin, end in pairwise(arrays["tags_offsets"].tolist())]


def _most_frequent(tags: Tags) -> str:
    return _first(Counter(tag for each in tags for tag in each))


def _first(counts: Counter[str]) -> str:
    """The most frequent; of equal ones the first in the alphabet."""
    return min(counts, key=lambda tag: (-counts[tag], tag))


def of_symbols(known: Sequence[Sequence[str]], tags: Tags, asked: Sequence[Sequence[str]]) -> Tags:
    """The tag that each symbol has most often; for one that was never seen, the most frequent tag of all."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for symbols, each in zip(known, tags, strict=True):
        for symbol, tag in zip(symbols, each, strict=True):
            counts[symbol][tag] += 1
    best, default = {symbol: _first(each) for symbol, each in counts.items()}, _most_frequent(tags)
    return [[best.get(symbol, default) for symbol in symbols] for symbols in asked]


def chain(train: Seen, valid: Seen, test: Seen, observed: list[Tags], score: Callable[[Tags, Tags], float]) -> Tags:
    """A linear-chain conditional random field on features (CRFsuite; Okazaki 2007)."""
    assert train.features is not None
    assert valid.features is not None
    assert test.features is not None
    scored = []
    for penalty in PENALTIES:
        predicted = _fitted(train.features, observed[0], penalty, valid.features)
        scored.append((score(predicted, observed[1]), penalty))
    _, penalty = max(scored, key=lambda one: one[0])
    return _fitted([*train.features, *valid.features], observed[0] + observed[1], penalty, test.features)


def _fitted(features: Sequence[Any], tags: Tags, penalty: float, asked: Sequence[Any]) -> Tags:
    import pycrfsuite  # here: of an extra, and of no use to series

    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.select("lbfgs")
    trainer.set_params({"c1": 0.0, "c2": penalty, "max_iterations": ROUNDS})
    for one, answers in zip(features, tags, strict=True):
        trainer.append(one, answers)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "chain"))
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        predicted = [list(tagger.tag(one)) for one in asked]
        tagger.close()
    return predicted


def _regression(
    train: Seen, valid: Seen, test: Seen, observed: list[Tags], score: Callable[[Tags, Tags], float]
) -> Tags:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fitted(known: Sequence[Any], tags: Tags, strength: float, asked: Sequence[Any]) -> Tags:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500))
        model.fit(np.concatenate(known), [tag for each in tags for tag in each])
        return [model.predict(one).tolist() for one in asked]

    assert train.numbers is not None
    assert valid.numbers is not None
    assert test.numbers is not None
    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        scored = [
            (score(fitted(train.numbers, observed[0], one, valid.numbers), observed[1]), one) for one in STRENGTHS
        ]
        _, strength = max(scored, key=lambda one: one[0])
        both = [*train.numbers, *valid.numbers]
        return fitted(both, observed[0] + observed[1], strength, test.numbers)


def micro_f1(predicted: Tags, observed: Tags) -> float:
    """Of all spans."""
    right = both = 0
    for one, other in zip(predicted, observed, strict=True):
        a, b = set(spans(one)), set(spans(other))
        right, both = right + len(a & b), both + len(a) + len(b)
    return 2 * right / max(both, 1)


def _accuracy(predicted: Tags, observed: Tags) -> float:
    pairs = [pair for one, other in zip(predicted, observed, strict=True) for pair in zip(one, other, strict=True)]
    return sum(a == b for a, b in pairs) / max(len(pairs), 1)
