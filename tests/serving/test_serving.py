"""`kassandra serve`: the predictions of `kassandra predict`, to many at once, within limits, nothing from outside."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import requests
from PIL import Image

import kassandra
from kassandra.contracts.errors import KassandraError
from tests.export.conftest import images, play, reviews  # noqa: F401 (fixtures)

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")
pytestmark = pytest.mark.slow  # imports PyTorch, and starts a server

from kassandra.serving.app import create_app  # noqa: E402
from kassandra.serving.worker import Busy, Job, Worker  # noqa: E402


def post(address, *inputs):
    return requests.post(address, json={"inputs": list(inputs)}, timeout=60)


def test_fifty_clients_at_once_get_their_own_answers(serve, images, reviews):  # noqa: F811
    folders = images(), reviews()
    address, generator = serve(*folders), np.random.default_rng(0)
    pixels = generator.integers(0, 256, (50, 6, 4), np.uint8)
    texts = [f"a {'very ' * (number % 7)}good film and no {'bad end ' * (number % 3)}" for number in range(50)]
    expected = [kassandra.load(folder).predict(each) for folder, each in zip(folders, (pixels, texts), strict=True)]

    def ask(number):
        name, inputs = [("pets", pixels[number].tolist()), ("reviews", texts[number])][number % 2]
        got = [
            requests.post(f"{address}/models/{name}/predict", json={"inputs": [inputs]}, timeout=60).json()
            for _ in range(3)
        ]
        return number, got

    with ThreadPoolExecutor(50) as pool:
        for number, answers in pool.map(ask, range(50)):
            wanted = expected[number % 2][number]
            for answer in answers:
                (row,) = answer["predictions"]
                assert row["label"] == wanted.label
                assert row["probabilities"] == pytest.approx(wanted.probabilities, abs=1e-6)


def test_files_are_answered_as_on_the_command_line(serve, images, tmp_path):  # noqa: F811
    folder = images()
    address, image = serve(folder), np.random.default_rng(1).integers(0, 256, (6, 4), np.uint8)
    Image.fromarray(image).save(tmp_path / "one.png")
    sent = {"files": ("../../<b>.png", (tmp_path / "one.png").read_bytes())}
    (row,) = requests.post(f"{address}/models/pets/files", files=sent, timeout=60).json()["predictions"]
    (wanted,) = kassandra.load(folder).predict(image)
    assert (row["image"], row["label"]) == ("<b>.png", wanted.label)
    assert row["probability"] == pytest.approx(wanted.probability, abs=1e-9)
    refused = requests.post(f"{address}/models/pets/files", files={"files": ("a.png", b"no image")}, timeout=60)
    assert refused.status_code == 422
    assert "a.png" in refused.json()["error"]
    assert "/tmp" not in refused.text


def test_a_text_is_never_the_path_of_a_file_here(serve, reviews, tmp_path):  # noqa: F811
    address = serve(reviews())
    (tmp_path / "secret.txt").write_text("a good film")
    path = str(tmp_path / "secret.txt")
    (row,) = requests.post(f"{address}/models/reviews/predict", json={"inputs": [path]}, timeout=60).json()[
        "predictions"
    ]
    assert row["text"] == path
    assert "film" not in row["words"]


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("nobody/predict", {"inputs": ["a"]}, 404, "no model 'nobody'; there are 'play'"),
        ("play/predict", b"{", 422, "the body is not JSON"),
        ("play/predict", b"[" * 100_000, 422, "the body is not JSON"),
        ("play/predict", {"input": ["a"]}, 422, 'expected {"inputs": [...]}'),
        ("play/predict", {"inputs": []}, 422, "expected 1 to 4, got 0"),
        ("play/predict", {"inputs": ["a"] * 5}, 422, "expected 1 to 4, got 5"),
        ("play/predict", {"inputs": [7]}, 422, "expected texts"),
        ("play/predict", {"inputs": ["Q"]}, 422, "of the vocabulary"),
        ("play/predict", {"inputs": ["a"], "options": {"length": 10**9}}, 422, "options: length"),
        ("play/predict", {"inputs": ["a"], "options": {"lenght": 3}}, 422, "options: lenght"),
        ("play/predict", b'"' + b"a" * 200_000 + b'"', 413, "more than 150,000 bytes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_a_sentence(serve, play, path, body, status, sentence):  # noqa: F811
    address = serve(play(), bytes=150_000, inputs=4)
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    answer = requests.post(f"{address}/models/{path}", timeout=60, **sent)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]


def test_a_body_without_length_is_limited_too(serve, play):  # noqa: F811
    address = serve(play(), bytes=1000)
    answer = requests.post(f"{address}/models/play/predict", data=iter([b"a" * 600] * 3), timeout=60)
    assert answer.status_code == 413


def test_pixels_of_unequal_rows_are_a_sentence(serve, images):  # noqa: F811
    answer = post(f"{serve(images())}/models/pets/predict", [[1, 2], [3]])
    assert (answer.status_code, "inputs:" in answer.json()["error"]) == (422, True)


def test_a_text_goes_on_as_on_the_command_line(serve, play):  # noqa: F811
    folder = play()
    sent = {"inputs": ["abc"], "options": {"length": 20, "seed": 3}}
    (row,) = requests.post(f"{serve(folder)}/models/play/predict", json=sent, timeout=60).json()["predictions"]
    assert row["continuation"] == "".join(kassandra.load(folder).write("abc", 20, 0.8, 0.95, 3))


def test_the_page_loads_nothing_from_elsewhere(serve, images, play):  # noqa: F811
    address = serve(images(), play())

    def get(path):
        return requests.get(f"{address}/{path}", timeout=60)

    page = get("docs").text
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["openapi.json"]
    assert "://" not in page
    paths = get("openapi.json").json()["paths"]
    assert set(paths) >= {"/health", "/models/{name}/predict"}
    sent = paths["/models/{name}/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (sent["required"], sent["properties"]["inputs"]["maxItems"]) == (["inputs"], 64)
    assert get("health").json() == {"status": "ok", "models": {"pets": True, "play": True}}
    assert [each["name"] for each in get("models").json()] == ["pets", "play"]


def test_two_models_of_one_name_are_refused(images, tmp_path):  # noqa: F811
    folder = images()
    with pytest.raises(KassandraError, match="two models are called 'pets'"):
        create_app([folder, folder])


def test_a_job_that_fails_spoils_no_other():
    started, go = threading.Event(), threading.Event()

    def answer(names, inputs, options):
        started.set()
        go.wait(10)
        if "bad" in inputs:
            raise KassandraError("bad")
        return [{"is": one} for one in inputs]

    worker = Worker(answer, batched=True, waiting=3)
    first = worker.submit(Job([""], ["first"], None, time.monotonic() + 60))
    started.wait(10)
    late = worker.submit(Job([""], ["late"], None, time.monotonic() - 1))
    waiting = [worker.submit(Job([""], [one], None, time.monotonic() + 60)) for one in ("good", "bad")]
    with pytest.raises(Busy):
        worker.submit(Job([""], ["more"], None, time.monotonic() + 60))
    go.set()
    assert first.result(10) == [{"is": "first"}]
    assert waiting[0].result(10) == [{"is": "good"}]
    with pytest.raises(KassandraError, match="bad"):
        waiting[1].result(10)
    worker.close()
    assert not late.done()
