"""What several rooms share: the slice of real MNIST, raw, prepared and with a small model trained on it."""

import os
import re
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

from tests.sides import side  # noqa: F401 (a fixture)

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported
os.environ.setdefault("MPLBACKEND", "agg")

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module of which none is to run is not imported either: one slow as a whole, or one without a fault."""
    chosen = config.getoption("markexpr")
    if chosen not in ("not slow", "faults") or not collection_path.name.startswith("test_"):
        return None
    text = collection_path.read_text(encoding="utf-8")
    slow = re.search(r"^pytestmark = \[?pytest\.mark\.slow\b", text, re.MULTILINE)
    return bool(slow if chosen == "not slow" else "mark.faults" not in text) or None


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def raw(root) -> Path:
    """600 train and 200 test images of MNIST, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "mnist"


@pytest.fixture(scope="session")
def prepared(raw, tmp_path_factory) -> Path:
    """550 train, 50 valid and 200 test images, by rows. Not to be written to."""
    from kassandra.params.tasks.images import ImagesPrepare
    from kassandra.tasks.images import prepare

    folder = tmp_path_factory.mktemp("prepared")
    prepare(raw, folder, ImagesPrepare(), seed=0)
    return folder


@pytest.fixture(scope="session")
def cpu():
    """The device, with one thread: tensors this small are read faster by one than by two."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch.device("cpu")
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def task(prepared, cpu):
    from kassandra.contracts.artifacts import read_json
    from kassandra.tasks.images import Task

    return Task(read_json(prepared / "meta.json"), cpu)


@pytest.fixture(scope="session")
def trained(prepared, task, cpu, tmp_path_factory):
    """A small attention model; `folder` is what training wrote (not to be written to), `trained` what it returned."""
    import torch

    from kassandra.contracts.artifacts import read_json
    from kassandra.contracts.spec import ModelSpec
    from kassandra.lstm.build import build
    from kassandra.params.model import ModelParams
    from kassandra.params.tasks.images import ImagesTrain
    from kassandra.training.checkpoint import Checkpoint
    from kassandra.training.fingerprint import fingerprint
    from kassandra.training.folder import save
    from kassandra.training.loop import train

    folder, meta = tmp_path_factory.mktemp("trained"), read_json(prepared / "meta.json")
    params = ModelParams.model_validate({"variant": "attention", "hidden_size": 13, "attention": {"size": 7}})
    torch.manual_seed(0)
    model = build(ModelSpec(**meta["spec"]), params)
    splits = [task.read(prepared / f"{name}.npz") for name in ("train", "valid")]
    how = ImagesTrain(epochs=5, batch_size=16, learning_rate=0.02, threads=1)
    result = train(model, task, *splits, how, 0, Checkpoint(folder / "checkpoint"))
    save(folder / "model", result.weights, meta, params, fingerprint(cpu, 1, "fp32"))
    return SimpleNamespace(folder=folder / "model", trained=result)


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
def prepared_books(books, tmp_path_factory) -> Path:
    """85 train, 10 valid and 24 test reviews, of at most 40 words (one is there twice). Not to be written to."""
    from kassandra.params.tasks.sentiment import SentimentPrepare, TextSource
    from kassandra.tasks.sentiment import prepare

    folder = tmp_path_factory.mktemp("prepared_books")
    params = SentimentPrepare(vocab_size=500, max_length=40)
    prepare(books, folder, params, 0, TextSource(dataset="books"))
    return folder


@pytest.fixture(scope="session")
def prepared_shakespeare(shakespeare, tmp_path_factory) -> Path:
    """17,100 characters to train on, 900 to choose on, 2,000 to test on. Not to be written to."""
    from kassandra.params.pipeline import Source
    from kassandra.params.tasks.language import LanguagePrepare
    from kassandra.tasks.language import prepare

    folder = tmp_path_factory.mktemp("prepared_shakespeare")
    prepare(shakespeare, folder, LanguagePrepare(), 0, Source(dataset="tiny-shakespeare"))
    return folder


@pytest.fixture(scope="session")
def train_small(cpu, tmp_path_factory):
    """Trains a small model as the stage does it: returns the folder that is written (not to be written to)."""
    import torch

    from kassandra import tasks
    from kassandra.contracts.artifacts import read_json
    from kassandra.contracts.spec import ModelSpec
    from kassandra.lstm.build import build
    from kassandra.params.model import params_for
    from kassandra.params.pipeline import pipeline_of
    from kassandra.training.checkpoint import Checkpoint
    from kassandra.training.fingerprint import fingerprint
    from kassandra.training.folder import save
    from kassandra.training.loop import train

    def train_small(prepared: Path, model: dict[str, object], how: dict[str, object]) -> Path:
        meta, folder = read_json(prepared / "meta.json"), tmp_path_factory.mktemp("trained")
        task, spec = tasks.load(meta["task"]).Task(meta, cpu), ModelSpec(**meta["spec"])
        widths = {"hidden_size": 13} | ({"embedding_size": 11} if spec.vocab_size else {})
        params = params_for(spec).model_validate({**widths, **model})
        torch.manual_seed(0)
        splits = [task.read(prepared / f"{name}.npz") for name in ("train", "valid")]
        train_params = pipeline_of(meta["task"]).model_fields["train"].annotation.model_validate(how)
        result = train(build(spec, params), task, *splits, train_params, 0, Checkpoint(folder / "checkpoint"))
        save(folder / "model", result.weights, meta, params, fingerprint(cpu, 1, "fp32"))
        return folder / "model"

    return train_small


@pytest.fixture(scope="session")
def trained_reader(prepared_books, train_small) -> Path:
    """The folder of a small attention model that names the sentiment of reviews. Not to be written to."""
    how = {"epochs": 5, "batch_tokens": 400, "learning_rate": 0.01, "keep": "last"}
    return train_small(prepared_books, {"variant": "attention"}, how)


@pytest.fixture(scope="session")
def trained_writer(prepared_shakespeare, train_small) -> Path:
    """The folder of a small model that writes characters. Not to be written to."""
    how = {"epochs": 2, "batch_size": 8, "window": 40, "learning_rate": 0.02}
    return train_small(prepared_shakespeare, {"variant": "vanilla"}, how)


@pytest.fixture(scope="session")
def prepared_prices(raw_prices, tmp_path_factory) -> Path:
    """Windows of 20 days of two series, of which the returns of the next 3 are told. Not to be written to."""
    from kassandra.params.tasks.forecast import ForecastPrepare, SeriesSource
    from kassandra.tasks.forecast import prepare

    folder = tmp_path_factory.mktemp("prepared_prices")
    params = ForecastPrepare(predict="return", window=20, horizon=3)
    prepare(raw_prices, folder, params, 0, SeriesSource(dataset="sp500"))
    return folder


@pytest.fixture(scope="session")
def trained_forecaster(prepared_prices, train_small) -> Path:
    """The folder of a small attention model of returns. Not to be written to."""
    return train_small(prepared_prices, {"variant": "attention"}, {"epochs": 2, "batch_size": 32})


@pytest.fixture(scope="session")
def raw_speech(root) -> Path:
    """60 recordings of five digits by three speakers, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "fsdd"


@pytest.fixture(scope="session")
def prepared_speech(raw_speech, tmp_path_factory) -> Path:
    """40 recordings to train on, 5 to choose on, 15 to test on. Not to be written to."""
    from kassandra.params.pipeline import Source
    from kassandra.params.tasks.speech import SpeechPrepare
    from kassandra.tasks.speech import prepare

    folder = tmp_path_factory.mktemp("prepared_speech")
    prepare(raw_speech, folder, SpeechPrepare(mels=13), 0, Source(dataset="fsdd"))
    return folder


@pytest.fixture(scope="session")
def trained_speech(prepared_speech, train_small) -> Path:
    """The folder of a small attention model that names spoken digits. Not to be written to."""
    how = {"epochs": 20, "batch_size": 5, "learning_rate": 0.01, "keep": "last", "augment": {"shift": 20}}
    return train_small(prepared_speech, {"variant": "attention"}, how)


@pytest.fixture(scope="session")
def tatoeba(root) -> Path:
    """775 short English sentences and what they are in French, as they are downloaded. Not to be written to."""
    return root / "tests" / "data" / "tatoeba"


@pytest.fixture(scope="session")
def prepared_tatoeba(tatoeba, tmp_path_factory) -> Path:
    """622 pairs to train on, 56 sentences to choose on, 56 to test on, the latter with up to four translations; one
    vocabulary of 300 pieces. Not to be written to."""
    from kassandra.params.tasks.translation import TranslationPrepare, TranslationSource
    from kassandra.tasks.translation import prepare

    folder = tmp_path_factory.mktemp("prepared_tatoeba")
    params = TranslationPrepare(vocab_size=300, valid_fraction=0.1, test_fraction=0.1)
    prepare(tatoeba, folder, params, 0, TranslationSource(dataset="tatoeba"))
    return folder


@pytest.fixture(scope="session")
def trained_translator(prepared_tatoeba, train_small) -> Path:
    """The folder of a small model with attention that has seen short sentences a few times. Not to be written to."""
    model = {"variant": "bidirectional", "decoder": {"attention": "general", "input_feeding": False}}
    return train_small(prepared_tatoeba, model, {"epochs": 6, "batch_tokens": 100, "learning_rate": 0.01})


@pytest.fixture(scope="session")
def power_fails():
    """Calls `run` with a task like the one given, but that is cut off when so many batches have been given.

    `power_fails.Failure` is what is raised then: no Exception, so that nothing between can take it for an error.
    """

    class Failure(BaseException):
        """Of power."""

    def power_fails(task, batches, run):
        class Interrupted(type(task)):
            left = batches

            def train_batches(self, *args):
                for batch in super().train_batches(*args):
                    if self.left == 0:
                        raise Failure
                    self.left -= 1
                    yield batch

        interrupted = Interrupted.__new__(Interrupted)
        vars(interrupted).update(vars(task))
        with pytest.raises(Failure):
            run(interrupted)

    power_fails.Failure = Failure
    return power_fails


@pytest.fixture
def terminal():
    """SIGHUP and SIGINT end what is started, as from a terminal: what runs under `nohup`, or in a script by `&`,
    ignores them, and its children inherit that."""
    before = {kind: signal.signal(kind, signal.SIG_DFL) for kind in (signal.SIGHUP, signal.SIGINT)}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)


@pytest.fixture
def kassandra(monkeypatch, capsys):
    """Runs the command; returns its exit status and what it printed."""

    def kassandra(*arguments):
        from kassandra.cli import main

        monkeypatch.setattr(sys, "argv", ["kassandra", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # Python itself prints it, and ends with 1
            return SimpleNamespace(status=1, out=said.out, err=said.err + code)
        return SimpleNamespace(status=code or 0, out=said.out, err=said.err)

    return kassandra


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """The figure that a function would save."""

    from kassandra.judging import figures

    def shown(draw, *args):
        kept = []
        monkeypatch.setattr(figures, "save", lambda figure, path: kept.append(figure))
        draw(*args, tmp_path / "none.png")
        return kept[0]

    return shown


@pytest.fixture(scope="session")
def answers():
    """test.json and predictions of a classifier that is right about `share` of the time; `seed` alone decides what the
    examples are and how hard they are."""
    import numpy as np

    from kassandra.judging import score_file
    from kassandra.judging.judge import judge
    from kassandra.targets.label.evaluate.classification import predictions
    from kassandra.targets.label.evaluate.scores import RESAMPLING, SCORES

    def answers(share, examples=300, classes=2, seed=0, own=1):
        generator, noise = np.random.default_rng(seed), np.random.default_rng(own)
        targets = generator.integers(0, classes, examples)
        hard = generator.random(examples)
        rows = np.arange(examples)
        logits = noise.normal(0, 0.1, (examples, classes))
        said = np.where(hard < share, targets, (targets + 1) % classes)
        logits[rows, said] += 1 + noise.random(examples)
        log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        names = [f"class {label}" for label in range(classes)]
        table = predictions([f"{seed}-{row}" for row in rows], targets, log_probabilities, names)
        report = judge(SCORES, table, {"none": table.assign(predicted=0)}, RESAMPLING, 0)
        machine = {"device": "cpu"}
        return score_file.contents(report, 7, machine, machine), table

    return answers
