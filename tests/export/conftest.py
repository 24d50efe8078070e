"""Model folders of random weights, one per pair, with the little that their meta.json has to hold."""

import numpy as np
import pytest

from tests.untrained import TAGGER, save_untrained, shaken

IMAGES = {
    "spec": {"outputs": 3, "features": 4, "vocab_size": 0, "steps": 0, "joint": False},
    "classes": ["cat", "$dog|", "<b>"],
    "examples": {"train": 8, "valid": 4, "test": 4},
    "dropped_because_repeated": 2,
    "height": 6,
    "width": 4,
    "steps": 6,
    "order": None,
    "mean": 0.25,
    "std": 0.5,
}

MEASURED = {
    "spec": {"outputs": 3, "features": 4, "vocab_size": 0},
    "columns": ["x", "y", "z"], "normalise": "columns", "missing": "mask", "pool": 2, "mean": [0.5, 1.0, -2.0],
    "std": [2.0, 0.5, 1.0], "masked": [1], "window": None, "step": None,
}  # fmt: skip


@pytest.fixture
def tagger(tmp_path):
    """Writes a model that tags words; returns the folder."""

    def tagger(name="tagger", **model):
        return save_untrained(tmp_path / "models" / name, "text", "tags", TAGGER, shaken, embedding_size=6, **model)

    return tagger


@pytest.fixture
def activities(tmp_path):
    """Writes a model that tags each step of series, of which some values are missing; returns the folder."""
    meta = {**MEASURED, "tags": ["walk", "I-run", "sit"], "spans": False, "steps": "rows"}
    meta |= {"source": {"path": "mine.csv", "values": MEASURED["columns"]}, "window": 8}

    def activities(name="activities", **model):
        return save_untrained(tmp_path / "models" / name, "series", "tags", meta, shaken, **model)

    return activities


def gaps_meta(seasons, beside):
    from kassandra.contracts.gaps import width

    features, behind, ahead = width(beside, 2, len(seasons))
    spec = {"outputs": 2, "features": features, "vocab_size": 0, "steps": 40, "behind": behind, "ahead": ahead}
    return {
        "spec": spec, "targets": ["a", "b"], "inputs": ["a", "b", "hour"][: 2 + beside], "target_inputs": [0, 1],
        "lacking": [], "series": ["one"], "window": 40, "longest": 12, "share": 0.2, "rounds": 1, "together": 0.5,
        "seasons": seasons, "input_mean": [[0.0] * (2 + beside)], "input_std": [[1.0] * (2 + beside)],
    }  # fmt: skip


@pytest.fixture
def sensors(tmp_path):
    """Writes a model that fills gaps; returns the folder."""

    def sensors(name="sensors", seasons=(6, 4), beside=1, **model):
        meta = gaps_meta(list(seasons), beside)
        return save_untrained(tmp_path / "models" / name, "series", "gap", meta, shaken, **model)

    return sensors


@pytest.fixture
def lives(tmp_path):
    """Writes a model of a number for a series; returns the folder."""
    meta = {**MEASURED, "spec": MEASURED["spec"] | {"outputs": 1}, "log": True, "target_mean": 3.0, "target_std": 0.5}
    meta |= {"train_numbers": {"smallest": 1.0, "largest": 90.0}}

    def lives(name="lives", **model):
        return save_untrained(tmp_path / "models" / name, "series", "number", meta, shaken, **model)

    return lives


@pytest.fixture
def motions(tmp_path):
    """Writes a model that names whole series; returns the folder."""

    def motions(name="motions", scaling=None, **model):
        meta = {**MEASURED, "classes": ["up", "down", "still"], **(scaling or {})}
        return save_untrained(tmp_path / "models" / name, "series", "label", meta, shaken, **model)

    return motions


@pytest.fixture
def images(tmp_path):
    """Writes a model of images; returns the folder."""

    def images(name="pets", **model):
        return save_untrained(tmp_path / "models" / name, "images", "label", IMAGES, **model)

    return images


@pytest.fixture
def digits(tmp_path):
    """Writes a model that names recordings; returns the folder."""
    spec = {"outputs": 2, "features": 24, "vocab_size": 0, "steps": 0, "joint": False}
    meta = {"spec": spec, "classes": ["a", "b"], "sample_rate": 8000, "mels": 24, "frame": 25.0, "hop": 10.0}

    def digits(name="digits", **model):
        return save_untrained(tmp_path / "models" / name, "audio", "label", meta | {"deltas": False}, **model)

    return digits


SPOKEN = {
    "sample_rate": 4000, "mels": 8, "frame": 25.0, "hop": 10.0, "deltas": True, "stack": 2, "normalise": "band",
    "lowercase": True, "marks": False, "train_texts": [],
}  # fmt: skip


@pytest.fixture
def dictation(tmp_path):
    """Writes a model that transcribes recordings; returns the folder."""
    from kassandra.vocabulary import tokens

    def dictation(name="dictation", pieces="bpe", **model):
        content = tokens.fit(pieces, TEXTS, 30, 1, True).to_str()
        spec = {"outputs": tokens.load(content).get_vocab_size(), "features": 48, "vocab_size": 0}
        meta = SPOKEN | {"spec": spec, "tokens": pieces, "tokenizer": content}
        return save_untrained(tmp_path / "models" / name, "audio", "transcript", meta, shaken, **model)

    return dictation


TEXTS = ["a good film, a very good one", "no good at all", "the film was long and the end came late", "good"]
SERIES = {
    "spec": {"outputs": 4, "features": 3, "vocab_size": 0, "steps": 5, "joint": False},
    "predict": "value", "targets": ["x", "y"], "inputs": ["x", "y", "z"], "series": ["one"], "window": 5, "horizon": 2,
    "normalise": "none", "target_inputs": [0, 1], "frequency": None,
    "input_mean": [[0.0] * 3], "input_std": [[1.0] * 3],
    "target_mean": [[[0.0, 0.0]] * 2], "target_std": [[[1.0, 1.0]] * 2], "value_std": [[1.0, 1.0]],
}  # fmt: skip


@pytest.fixture
def reviews(tmp_path):
    """Writes a model of texts; returns the folder."""
    from kassandra.vocabulary import tokens

    content = tokens.fit("words", TEXTS, 64, 1, True).to_str()
    spec = {"outputs": 2, "features": 0, "vocab_size": 64, "steps": 0, "joint": False}
    meta = {"spec": spec, "classes": ["bad", "good"], "max_length": 6, "keep": "ends", "tokenizer": content}

    def fitted(model):
        if model.beside is not None:
            ids = tokens.encode(tokens.load(content), TEXTS * 2)
            model.beside.fit(ids.flat, ids.offsets, np.array([1, 0, 0, 1] * 2))

    def reviews(name="reviews", **model):
        return save_untrained(tmp_path / "models" / name, "text", "label", meta, fitted, embedding_size=6, **model)

    return reviews


@pytest.fixture
def stars(tmp_path):
    """Writes a model of a number for a text; returns the folder."""
    from kassandra.vocabulary import tokens

    content = tokens.fit("words", TEXTS, 64, 1, True).to_str()
    spec = {"outputs": 1, "features": 0, "vocab_size": 64, "steps": 0, "joint": False}
    meta = {"spec": spec, "max_length": 6, "keep": "ends", "tokenizer": content, "log": False}
    meta |= {"target_mean": 3.0, "target_std": 1.5, "train_numbers": {"smallest": 1.0, "largest": 5.0}}

    def fitted(model):
        if model.beside is not None:
            ids = tokens.encode(tokens.load(content), TEXTS * 2)
            model.beside.fit_numbers(ids.flat, ids.offsets, np.array([5.0, 1.0, 2.0, 4.0] * 2), lambda: 1.0)
            model.beside.weight[: len(TEXTS) * 3].uniform_(-1, 1)

    def stars(name="stars", **model):
        return save_untrained(tmp_path / "models" / name, "text", "number", meta, fitted, embedding_size=6, **model)

    return stars


@pytest.fixture
def play(tmp_path):
    """Writes a language model; returns the folder."""
    vocabulary = ["<pad>", "<unk>", *"\n abcde"]
    spec = {"outputs": 9, "features": 0, "vocab_size": 9, "steps": 0, "joint": False}
    meta = {"spec": spec, "tokens": "characters", "vocabulary": vocabulary}

    def play(name="play", **model):
        return save_untrained(tmp_path / "models" / name, "text", "next", meta, embedding_size=6, **model)

    return play


@pytest.fixture
def translator(tmp_path):
    """Writes a model that translates; returns the folder."""
    from kassandra.vocabulary import tokens

    content = tokens.fit("bpe", TEXTS, 60, 1, False, written=True).to_str()
    spec = {"outputs": 60, "features": 0, "vocab_size": 60, "steps": 0, "joint": True}
    languages = {"source": "en", "target": "fr"}
    meta = {"spec": spec, "languages": languages, "lowercase": False, "tokenizers": {"joint": content}}

    def translator(name="translator", **model):
        return save_untrained(tmp_path / "models" / name, "text", "text", meta, embedding_size=6, **model)

    return translator


@pytest.fixture
def series(tmp_path):
    """Writes a model of series; returns the folder."""

    def series(name="series", **model):
        return save_untrained(tmp_path / "models" / name, "series", "forecast", SERIES, **model)

    return series


@pytest.fixture
def captions(tmp_path):
    """Writes a model that describes images, read row by row; returns the folder."""
    from kassandra.vocabulary import tokens

    content = tokens.fit("words", TEXTS, 60, 1, True, written=True).to_str()
    size = tokens.load(content).get_vocab_size()
    meta = IMAGES | {"spec": {"outputs": size, "features": 4, "vocab_size": 0, "steps": 6, "joint": False}}
    meta |= {"reading": "captions", "scan": "rows", "longest": 12, "lowercase": True, "tokenizers": {"target": content}}
    meta |= {"languages": {"source": "images", "target": "en"}}

    def wordy(model):
        shaken(model)
        model.bias.data[3] -= 4  # of the end

    def captions(name="captions", **model):
        return save_untrained(tmp_path / "models" / name, "images", "text", meta, wordy, embedding_size=6, **model)

    return captions
