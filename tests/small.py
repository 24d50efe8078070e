"""Small slices of real data as they are downloaded, prepared, and small models of them: fixtures, each made once."""

from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def raw(root) -> Path:
    """600 train and 200 test images of MNIST, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "mnist"


@pytest.fixture(scope="session")
def prepare():
    """Raw data as the stage prepares them; returns what it prints. Keys of `prepare:` go by their names."""
    from kassandra.contracts.kinds import part
    from kassandra.contracts.section import check
    from kassandra.params.sections.pipeline import pipeline_of, reading

    def prepare(input, target, raw, folder, seed=0, source=None, **keys):
        section = {"input": input, "target": target, "source": source or {"path": "mine"}, "prepare": keys}
        section |= {"model": {"variant": "vanilla"}, "train": {}}
        params = check(pipeline_of(input, target), section, "pipelines.mine")
        reader = part("inputs", input, "prepare", reading(input, target))
        return part("targets", target, "prepare", "stage").prepare(reader, raw, folder, params, seed)

    return prepare


@pytest.fixture(scope="session")
def prepared(raw, prepare, tmp_path_factory) -> Path:
    """550 train, 50 valid and 200 test images, by rows. Not to be written to."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare("images", "label", raw, folder, source={"dataset": "mnist"})
    return folder


@pytest.fixture(scope="session")
def cpu():
    """The device, with one thread: tensors this small are read faster by one than by two."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch.device("cpu")
    torch.set_num_threads(threads)


@pytest.fixture
def bf16(cpu):
    """For what trains in bf16: skipped where this processor cannot, and training would use fp32 instead."""
    from kassandra.training.fingerprint import precision_here

    if precision_here(cpu, "bf16") != "bf16":
        pytest.skip("this processor cannot train in bf16")


@pytest.fixture(scope="session")
def pair(prepared, cpu):
    """Images and their labels."""
    from kassandra.contracts.artifacts import read_json
    from kassandra.training.pair import Pair

    return Pair.of("images", "label", read_json(prepared / "meta.json"), cpu)


@pytest.fixture(scope="session")
def trained(prepared, pair, train_small):
    """A small attention model; `folder` is what training wrote (not to be written to), `trained` what it returned."""
    how = {"epochs": 5, "batch_size": 16, "learning_rate": 0.02, "threads": 1}
    return train_small("images", "label", prepared, {"variant": "attention", "attention": {"size": 7}}, how)


@pytest.fixture(scope="session")
def books(root) -> Path:
    """60 negative and 60 positive reviews of books, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "books"


@pytest.fixture(scope="session")
def shakespeare(root) -> Path:
    """The first 20,000 characters of Shakespeare's plays, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "tiny-shakespeare"


@pytest.fixture(scope="session")
def raw_prices(root) -> Path:
    """420 days of the S&P 500 and the Nasdaq, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "sp500"


@pytest.fixture(scope="session")
def prepared_books(books, prepare, tmp_path_factory) -> Path:
    """85 train, 10 valid and 24 test reviews, of at most 40 words (one is there twice). Not to be written to."""
    folder = tmp_path_factory.mktemp("prepared_books")
    prepare("text", "label", books, folder, source={"dataset": "books"}, vocab_size=500, max_length=40)
    return folder


@pytest.fixture(scope="session")
def prepared_shakespeare(shakespeare, prepare, tmp_path_factory) -> Path:
    """17,100 characters to train on, 900 to choose on, 2,000 to test on. Not to be written to."""
    folder = tmp_path_factory.mktemp("prepared_shakespeare")
    prepare("text", "next", shakespeare, folder, source={"dataset": "tiny-shakespeare"})
    return folder


@pytest.fixture(scope="session")
def train_small(cpu, tmp_path_factory):
    """Trains a small model as the stage does it: `folder` is what is written (not to be written to), `trained` what the
    training returned."""
    import torch

    from kassandra.contracts.artifacts import read_json
    from kassandra.params.sections.pipeline import pipeline_of
    from kassandra.training.checkpoint import Checkpoint
    from kassandra.training.fingerprint import fingerprint
    from kassandra.training.folder import build
    from kassandra.training.pair import Pair
    from tests.trained import save, train

    def train_small(input, target, prepared: Path, model: dict[str, object], how: dict[str, object]):
        meta, folder = read_json(prepared / "meta.json"), tmp_path_factory.mktemp("trained")
        pair = Pair.of(input, target, meta, cpu)
        widths = {"hidden_size": 13} | ({"embedding_size": 11} if meta["spec"]["vocab_size"] else {})
        section = {"input": input, "target": target, "source": {"dataset": "any"}, "prepare": {}, "train": how}
        params = pipeline_of(input, target).model_validate(section | {"model": {**widths, **model}})
        torch.manual_seed(0)
        splits = [pair.read(prepared / f"{name}.npz") for name in ("train", "valid")]
        built = build(target, meta, params.model)
        result = train(built, pair, *splits, params.train, 0, Checkpoint(folder / "checkpoint"))
        save(folder / "model", [result.weights], meta, params, fingerprint(cpu, 1, "fp32"))
        return SimpleNamespace(folder=folder / "model", trained=result)

    return train_small


@pytest.fixture(scope="session")
def trained_reader(prepared_books, train_small) -> Path:
    """The folder of a small attention model that names the sentiment of reviews. Not to be written to."""
    how = {"epochs": 5, "batch_tokens": 400, "learning_rate": 0.01, "keep": "last"}
    return train_small("text", "label", prepared_books, {"variant": "attention"}, how).folder


@pytest.fixture(scope="session")
def trained_writer(prepared_shakespeare, train_small) -> Path:
    """The folder of a small model that writes characters. Not to be written to."""
    how = {"epochs": 2, "batch_size": 8, "window": 40, "learning_rate": 0.02}
    return train_small("text", "next", prepared_shakespeare, {"variant": "vanilla"}, how).folder


@pytest.fixture(scope="session")
def prepared_prices(raw_prices, prepare, tmp_path_factory) -> Path:
    """Windows of 20 days of two series, of which the returns of the next 3 are forecast. Not to be written to."""
    folder = tmp_path_factory.mktemp("prepared_prices")
    keys = {"predict": "return", "window": 20, "horizon": 3}
    prepare("series", "forecast", raw_prices, folder, source={"dataset": "sp500"}, **keys)
    return folder


@pytest.fixture(scope="session")
def trained_forecaster(prepared_prices, train_small) -> Path:
    """The folder of a small attention model of returns. Not to be written to."""
    return train_small(
        "series", "forecast", prepared_prices, {"variant": "attention"}, {"epochs": 2, "batch_size": 32}
    ).folder


@pytest.fixture(scope="session")
def raw_speech(root) -> Path:
    """60 recordings of five digits by three speakers, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "fsdd"


@pytest.fixture(scope="session")
def prepared_speech(raw_speech, prepare, tmp_path_factory) -> Path:
    """40 recordings to train on, 5 to choose on, 15 to test on. Not to be written to."""
    folder = tmp_path_factory.mktemp("prepared_speech")
    prepare("audio", "label", raw_speech, folder, source={"dataset": "fsdd"}, mels=13)
    return folder


@pytest.fixture(scope="session")
def trained_speech(prepared_speech, train_small) -> Path:
    """The folder of a small attention model that names spoken digits. Not to be written to."""
    how = {"epochs": 20, "batch_size": 5, "learning_rate": 0.01, "keep": "last", "augment": {"shift": 20}}
    return train_small("audio", "label", prepared_speech, {"variant": "attention"}, how).folder


@pytest.fixture(scope="session")
def tatoeba(root) -> Path:
    """775 short English sentences and what they are in French, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "tatoeba"


@pytest.fixture(scope="session")
def prepared_tatoeba(tatoeba, prepare, tmp_path_factory) -> Path:
    """622 pairs to train on, 56 sentences to choose on, 56 to test on, the latter with up to four translations; one
    vocabulary of 300 pieces. Not to be written to."""
    folder = tmp_path_factory.mktemp("prepared_tatoeba")
    keys = {"vocab_size": 300, "valid_fraction": 0.1, "test_fraction": 0.1}
    prepare("text", "text", tatoeba, folder, source={"dataset": "tatoeba"}, **keys)
    return folder


@pytest.fixture(scope="session")
def trained_translator(prepared_tatoeba, train_small) -> Path:
    """The folder of a small model with attention that has seen short sentences a few times. Not to be written to."""
    model = {"variant": "bidirectional", "decoder": {"attention": "general", "input_feeding": False}}
    return train_small(
        "text", "text", prepared_tatoeba, model, {"epochs": 6, "batch_tokens": 100, "learning_rate": 0.01}
    ).folder
