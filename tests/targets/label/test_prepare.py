"""What holds of splits and ids whatever the input is: same bytes, a given test split, ids that know no label."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.io import wavfile

from kassandra.contracts.artifacts import read_arrays, read_json
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import numbered
from kassandra.contracts.ragged import Ragged

SPLITS = ("train", "valid", "test")
CONTENT = {"images": "images", "text": "text", "audio": "waveforms"}


@pytest.fixture
def made(tmp_path, prepare):
    """Prepares, each time into another folder: as bytes, and by split each id with its content and its label."""
    folders = iter(tmp_path / f"prepared {number}" for number in range(99))

    def made(input, raw, seed=0, **params):
        folder = next(folders)
        prepare(input, "label", raw, folder, seed, **params)
        meta = read_json(folder / "meta.json")
        rows, ids = {}, {}
        for name in SPLITS:
            arrays = read_arrays(folder / f"{name}.npz")
            content = arrays[CONTENT[input]]
            if input != "images":
                some = Ragged(content, arrays["text_offsets" if input == "text" else "offsets"])
                content = [some.take(np.array([row])).flat for row in range(len(arrays["labels"]))]
            ids[name] = Ragged(arrays["example"], arrays["example_offsets"]).texts()
            labels = [meta["classes"][label] for label in arrays["labels"]]
            rows[name] = {
                one: (array.tobytes(), label) for one, array, label in zip(ids[name], content, labels, strict=True)
            }
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        return SimpleNamespace(files=files, ids=ids, rows=rows, meta=meta)

    return made


@pytest.fixture
def own(tmp_path):
    """Writes 40 examples of your own with these labels; of one place and content whatever their labels are."""

    def own(input, name, labels):
        raw = tmp_path / name
        raw.mkdir()
        for number, label in enumerate(labels):
            generator = np.random.default_rng(number)
            if input == "images":
                (raw / label).mkdir(exist_ok=True)
                pixels = generator.integers(0, 256, (4, 4)).astype(np.uint8)
                Image.fromarray(pixels).save(raw / label / f"{number:02}.png")
            elif input == "audio":
                samples = (generator.normal(size=600) * 1000).astype(np.int16)
                wavfile.write(raw / f"{label}_{('anna', 'bo')[number % 2]}_{number}.wav", 8000, samples)
        if input == "text":
            texts = [f"this is text {number}" for number in range(len(labels))]
            pd.DataFrame({"text": texts, "label": labels}).to_csv(raw / "mine.csv", index=False)
        return raw

    return own


@pytest.fixture(params=["images", "text", "audio"])
def some(request, raw, books, raw_speech):
    """An input and its data: those of images and audio come with a test split."""
    data = {
        "images": (raw, {"size": 28}),
        "text": (books, {"source": {"dataset": "books"}, "vocab_size": 300}),
        "audio": (raw_speech, {"source": {"dataset": "fsdd"}, "valid_fraction": 0.3}),
    }
    return request.param, *data[request.param]


def test_twice_gives_the_same_bytes(some, made):
    input, folder, params = some
    one, other = (made(input, folder, **params) for _ in range(2))
    assert sorted(one.files) == ["meta.json", "test.npz", "train.npz", "valid.npz"]
    assert one.files == other.files


@pytest.mark.slow
def test_another_seed_draws_other_examples_of_the_same(some, made):
    input, folder, params = some
    one, other = (made(input, folder, seed, **params) for seed in (0, 1))
    assert set(one.ids["valid"]) != set(other.ids["valid"])
    assert (one.ids["test"] == other.ids["test"]) == (input != "text")
    together = [
        {**done.rows["train"], **done.rows["valid"], **(done.rows["test"] if input == "text" else {})}
        for done in (one, other)
    ]
    assert together[0] == together[1]


def test_ids_are_unique_in_each_split(some, made):
    input, folder, params = some
    done = made(input, folder, **params)
    for name in SPLITS:
        assert len(set(done.ids[name])) == len(done.ids[name]) == done.meta["examples"][name]


@pytest.mark.slow
@pytest.mark.parametrize(("input", "id"), [("images", "00.png"), ("text", "mine.csv:2"), ("audio", "anna_0")])
def test_no_id_knows_a_label(input, id, own, made):
    labels = np.array(["no", "yes"] * 20)
    permuted = np.random.default_rng(0).permutation(labels)
    assert (labels != permuted).any()
    contents = []
    for name, some in (("one", labels), ("other", permuted)):
        done = made(input, own(input, name, some))
        rows = {one: row for split in done.rows.values() for one, row in split.items()}
        assert len(rows) == 40
        contents.append({one: content for one, (content, _) in rows.items()})
    assert contents[0] == contents[1]
    assert id in contents[0]


def test_ids_of_the_catalogue(raw, books, raw_speech, made):
    digits = made("images", raw)
    assert digits.ids["test"] == [f"t10k-images-idx3-ubyte {row}" for row in range(200)]
    reviews = made("text", books, source={"dataset": "books"}).ids
    assert {one.split()[0] for some in reviews.values() for one in some} == {"review"}  # the file's name is the label
    spoken = made("audio", raw_speech, source={"dataset": "fsdd"}).ids["test"]
    lines = (raw_speech / "index_to_filename.csv").read_text().split()[1:]
    names = [line.split(",")[1].removesuffix(".wav").split("_", 1)[1] for line in lines]
    assert spoken == numbered(name for name in names if int(name[-1:]) < 5 and name[-2] == "_")
    assert "theo_3 (2)" in spoken  # another digit, as the label is no part of an id


@pytest.mark.slow
@pytest.mark.parametrize("input", ["images", "text", "audio"])
def test_a_label_of_one_class_and_a_class_that_is_too_small(input, own, made):
    with pytest.raises(Exception, match=r"^.*every (image|text|recording) has the label 'no'; give two labels or more"):
        made(input, own(input, "one", ["no"] * 40))
    text = r"^prepare.test_fraction: class 'rare' has 2 (images|texts|recordings), too few to be split; at least 3 are"
    with pytest.raises(KassandraError, match=text):
        made(input, own(input, "other", ["no", "yes"] * 19 + ["rare"] * 2))


@pytest.mark.parametrize("input", ["images", "text", "audio"])
@pytest.mark.slow
def test_limit_takes_some_of_train_and_of_test(input, own, made):
    raw = own(input, "one", ["no", "yes"] * 130)
    done = made(input, raw, limit=100, valid_fraction=0.2, test_fraction=0.2)
    assert done.meta["examples"] == {"train": 80, "valid": 20, "test": 52}
    other = made(input, raw, 1, limit=100, valid_fraction=0.2, test_fraction=0.2)
    assert set(done.ids["train"]) != set(other.ids["train"])


@pytest.fixture
def given(tmp_path):
    """Prepares numbers as images, of which some come as valid or as test; the numbers of each split, and meta.json."""
    from kassandra.contracts.examples import Encoded, Examples
    from kassandra.targets.label.prepare.stage import prepare

    def given(keys, labels, valid=(), test=(), **keys_of_prepare):
        masks = [np.isin(np.arange(len(keys)), rows) if len(rows) else None for rows in (test, valid)]
        examples = Examples("images", keys, labels, [str(key) for key in keys], keys, masks[0], valid=masks[1])

        def encode(examples, rows, how, seed):
            return Encoded({name: {"images": np.array(keys)[some]} for name, some in rows.items()}, {}, {}, "numbers")

        how = SimpleNamespace(**({"valid_fraction": 0.2, "test_fraction": 0.2, "limit": None} | keys_of_prepare))
        reader = SimpleNamespace(read=lambda *_: examples, encode=encode)
        text = prepare(
            reader,
            tmp_path / "raw",
            tmp_path / "done",
            SimpleNamespace(prepare=how, source=SimpleNamespace(tolerate=0.01)),
            0,
        )
        rows = {name: read_arrays(tmp_path / "done" / f"{name}.npz")["images"].tolist() for name in SPLITS}
        return rows, read_json(tmp_path / "done" / "meta.json"), text

    return given


def test_a_validation_split_of_your_own_is_used(given):
    labels = ["a", "b"] * 10
    rows, meta, text = given([*range(18), 3, 19], labels, valid=range(12, 16), test=range(16, 20))
    assert rows == {"train": [*range(3), *range(4, 12)], "valid": [12, 13, 14, 15], "test": [16, 17, 3, 19]}
    assert "the validation split is your own: 0 of train dropped" in text
    rows, meta, _ = given([*range(12), 0, 16, 14, 15, *range(16, 20)], labels, valid=range(12, 16), test=range(16, 20))
    assert rows["train"] == [*range(1, 12)]
    assert rows["valid"] == [0, 14, 15]
    assert (meta["dropped_from_train_because_in_valid"], meta["dropped_from_valid_because_in_test"]) == (1, 1)


def test_a_validation_split_without_a_test_split(given):
    rows, *_ = given([*range(20)], ["a", "b"] * 10, valid=range(12, 20))
    assert rows["valid"] == [*range(12, 20)]
    assert len(rows["test"]) == 3
    assert sorted(rows["train"] + rows["test"]) == [*range(12)]


def test_a_validation_split_that_is_of_no_use(given):
    with pytest.raises(KassandraError, match="every image of valid is in test too, so none is left to choose by"):
        given([0, 1, 2, 3, 2, 3], list("ababab"), valid=[2, 3], test=[4, 5])
    with pytest.raises(KassandraError, match="label 'c' of valid is in no image of train"):
        given([*range(8)], list("ababacab"), valid=[4, 5], test=[6, 7])


def test_leaks_of_test_into_train_are_found_as_a_model_reads_texts(made, tmp_path):
    """Fifty rows of test stand in train too, with other spaces, capitals or ends of lines: all are dropped, and rows
    with other marks alone are counted."""
    changes = [
        lambda text: f"{text}  ", str.upper, lambda text: text.replace(" ", "  "),
        lambda text: text.replace(" ", "\u00a0"), lambda text: f"{text}\r\n", str.title,
    ]  # fmt: skip
    test = [(f"a film of {number} scenes, and more", "good" if number % 2 else "bad") for number in range(60)]
    train = [(f"nothing like number {number} at all", "good" if number % 2 else "bad") for number in range(60)]
    leaked = [(changes[number % len(changes)](text), label) for number, (text, label) in enumerate(test[:50])]
    near = [(text.replace(",", " -"), label) for text, label in test[50:53]]
    raw = tmp_path / "leaks"
    raw.mkdir()
    for name, rows in (("train", train + leaked + near), ("test", test)):
        pd.DataFrame(rows, columns=["text", "label"]).to_csv(raw / f"{name}.csv", index=False)
    meta = made("text", raw, vocab_size=100, lowercase=False).meta
    assert meta["dropped_from_train_because_in_test"] == 50
    assert meta["train_nearly_in_test"] in (2, 3)  # of three, one may be drawn for validation
