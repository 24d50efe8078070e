"""Model folders in which somebody has changed what they like: used as they are, or refused in a sentence."""

import copy
import json

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

MEMORY = 1_000_000_000  # bytes that loading may take
PLACES = 6  # of a file that are tried, drawn for each file; all of them take an hour
WRONG = [
    None, True, -1, 0, 3, 10**30, 1e308, "", "x" * 100_000, "../../../etc/passwd", "\n\x1b[2J", [], [[]], [None] * 3,
    {}, {"a": {"b": []}}, ["\ud800"],
]  # fmt: skip
ARGUMENTS = {
    "images-label": ["predict", "data/models/small", "seven.png"],
    "text-label": ["predict", "data/models/small", "A good book."],
    "text-next": ["generate", "data/models/small", "--prompt", "the", "--length", "3"],
    "series-forecast": ["predict", "data/models/small", "tests/data/sp500/sp500.csv.gz", "--series", "sp500"],
    "audio-label": ["predict", "data/models/small", "a.wav"],
    "text-text": ["translate", "data/models/small", "How are you?", "--beam", "2"],
}


@pytest.fixture
def ready(workplace):
    """A workplace with what the command of a pair reads."""

    def ready(pair):
        import numpy as np
        import soundfile
        from PIL import Image

        place = workplace(pair)
        Image.new("L", (28, 28), 200).save(place.path("seven.png"))
        noise = np.random.default_rng(0).normal(0, 0.1, 4000)
        soundfile.write(place.path("a.wav"), noise, 8000)
        return place

    return ready


def leaves(value, path=()):
    """The place of each value, and of the first of each list."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from leaves(inside, (*path, key))
    elif isinstance(value, list) and value:
        yield from leaves(value[0], (*path, 0))


def changed(value, path, new):
    result = copy.deepcopy(value)
    at = result
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return result


@pytest.mark.parametrize("file", ["meta.json", "model.json"])
@pytest.mark.parametrize("pair", ARGUMENTS)
def test_any_value_of_any_kind_anywhere(pair, file, ready, seeded):
    place = ready(pair)
    path = place.path(f"data/models/small/{file}")
    good = json.loads(path.read_text())
    del good["sha256"]  # who changes the one can change the other
    path.write_text(json.dumps(good))
    assert place.run("predict", command=ARGUMENTS[pair]).status == 0
    places = list(leaves(good))
    for where in places if len(places) <= PLACES else seeded.sample(places, PLACES):
        for new in seeded.sample(WRONG, 3):
            path.write_text(json.dumps(changed(good, where, new)))
            ended = place.run("predict", command=ARGUMENTS[pair], memory=MEMORY)
            assert ended.status == 0 or ended.sentence(), f"{where} = {new!r:.80}"


@pytest.mark.parametrize("file", ["meta.json", "model.json"])
def test_no_json_of_a_model(file, ready):
    place = ready("images-label")
    path = place.path(f"data/models/small/{file}")
    for content in (b"[" * 100_000, b"{}", b"[]", b"3", b"null", b'"a"', b"NaN", b"\xff", b"9" * 5000, b'{"a":1}' * 2):
        path.write_bytes(content)
        assert "data/models/small" in place.run("predict", command=ARGUMENTS["images-label"], memory=MEMORY).sentence()


@pytest.mark.parametrize(
    "keys",
    [
        {"hidden_size": 8192, "num_layers": 32, "bidirectional": True},
        {"hidden_size": 8192},
        {"attention": {"kind": "additive", "size": 4096}},
    ],
    ids=str,
)
def test_a_model_larger_than_memory_is_not_built(keys, ready):
    place = ready("images-label")
    path = place.path("data/models/small/model.json")
    described = json.loads(path.read_text())
    del described["sha256"]
    described["model"] |= keys
    path.write_text(json.dumps(described))
    sentence = place.run("predict", command=ARGUMENTS["images-label"], memory=MEMORY).sentence()
    assert sentence == (
        "Error: data/models/small/weights.safetensors: these are not the weights of the model that model.json describes"
    )


def test_a_kind_that_is_another_module(ready):
    place = ready("images-label")
    for file, key in (("model.json", "input"), ("model.json", "target"), ("meta.json", "task")):  # the last of 0.1.0
        path = place.path(f"data/models/small/{file}")
        good = path.read_text()
        described = json.loads(good)
        del described["sha256"]
        for wrong in ("images.os", "__init__", "../evil", "os", "images\n", ""):
            path.write_text(json.dumps(described | {key: wrong}))
            sentence = place.run("predict", command=ARGUMENTS["images-label"]).sentence()
            assert sentence.startswith("Error: data/models/small: damaged ("), sentence
        path.write_text(good)
