"""A small pipeline of every pair that there is: its section of params.yaml, and where its data are from."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests import recordings
from tests.targets.gap.hours import hours
from tests.targets.gap.hours import write as write_hours

OF_DATA_SETS = {
    "images-label": """\
    source: {path: tests/data/mnist}
    prepare: {limit: 300}
    model: {variant: attention, hidden_size: 7}
    train: {seeds: 1, epochs: 2, batch_size: 50, learning_rate: 0.02}
""",
    "text-label": """\
    source: {dataset: books}
    prepare: {vocab_size: 300, max_length: 30}
    model:
      variant: vanilla
      hidden_size: 7
      embedding_size: 5
      pretrain: {seeds: 1, epochs: 1, batch_size: 8, samples: 50}
    train: {seeds: 1, epochs: 2, batch_tokens: 400}
""",
    "text-next": """\
    source: {path: tests/data/tiny-shakespeare}
    prepare: {tokens: words}
    model: {variant: vanilla, embedding_size: 5, hidden_size: 7}
    train: {seeds: 1, epochs: 2, batch_size: 8, window: 40}
""",
    "series-forecast": """\
    source: {dataset: sp500}
    prepare: {predict: return, window: 20, horizon: 2}
    model: {variant: vanilla, hidden_size: 7}
    train: {seeds: 1, epochs: 2, batch_size: 50}
""",
    "audio-label": """\
    source: {dataset: fsdd}
    prepare: {mels: 13}
    model: {variant: vanilla, hidden_size: 7}
    train: {seeds: 1, epochs: 2, batch_size: 10}
""",
    "text-text": """\
    source: {dataset: tatoeba}
    prepare: {vocab_size: 200, limit: 300}
    model: {variant: vanilla, hidden_size: 7, embedding_size: 5, decoder: {attention: general, input_feeding: false}}
    train: {seeds: 1, epochs: 2, batch_tokens: 400}
""",
}
SLICES = {  # of tests/data
    "images-label": "mnist",
    "text-label": "books",
    "text-next": "tiny-shakespeare",
    "series-forecast": "sp500",
    "audio-label": "fsdd",
    "text-text": "tatoeba",
}
OF_OWN_FILES = {  # which `write` writes
    "images-number": """\
    source: {path: mine, labels: sizes.csv, file: file, label: size}
    prepare: {size: 8}
    model: {variant: vanilla, hidden_size: 7, head: quantiles}
    train: {seeds: 1, epochs: 2, batch_size: 20, distort: {shift: 1}}
""",
    "images-text": """\
    source: {path: mine}
    prepare: {size: 8, vocab_size: 40, valid_fraction: 0.2, test_fraction: 0.2}
    model: {variant: vanilla, hidden_size: 7, embedding_size: 5, decoder: {attention: general, input_feeding: false}}
    train: {seeds: 1, epochs: 2, batch_tokens: 200}
""",
    "text-number": """\
    source: {path: mine/notes.csv, text: text, label: price}
    prepare: {tokens: bpe, vocab_size: 60}
    model: {variant: attention, hidden_size: 7, embedding_size: 5, head: gaussian}
    train: {seeds: 1, epochs: 2, batch_tokens: 200}
""",
    "text-tags": """\
    source: {path: mine/flights.jsonl}
    prepare: {min_frequency: 1}
    model:
      variant: bidirectional
      crf: true
      letters: {hidden_size: 3, embedding_size: 3}
      hidden_size: 7
      embedding_size: 5
    train: {seeds: 1, epochs: 2, batch_tokens: 200}
""",
    "series-label": """\
    source: {path: mine/waves.csv, label: kind}
    prepare: {}
    model: {variant: attention, hidden_size: 7, linear: true}
    train: {seeds: 1, epochs: 2, batch_size: 20, augment: {noise: 0.1}}
""",
    "series-number": """\
    source: {path: mine/waves.csv, label: height}
    prepare: {}
    model: {variant: vanilla, hidden_size: 7, head: point}
    train: {seeds: 1, epochs: 2, batch_size: 20}
""",
    "series-tags": """\
    source: {path: mine/recording.csv, values: [x, y], label: activity}
    prepare: {window: 20, block: 2}
    model: {variant: bidirectional, hidden_size: 7}
    train: {seeds: 1, epochs: 2, batch_size: 10}
""",
    "series-gap": """\
    source: {path: mine/hours.csv, time: when, target: [a, b], frequency: h}
    prepare: {window: 40, longest: 6, seasons: [24], rounds: 1}
    model: {variant: bidirectional, hidden_size: 7}
    train: {seeds: 1, epochs: 2}
""",
    "audio-number": """\
    source: {path: mine, labels: pitches.csv, file: file, label: pitch}
    prepare: {sample_rate: 4000, mels: 8}
    model: {variant: vanilla, hidden_size: 7, head: student}
    train: {seeds: 1, epochs: 2, batch_size: 20}
""",
    "audio-transcript": """\
    source: {path: mine}
    prepare: {sample_rate: 4000, mels: 8, tokens: words}
    model: {variant: bidirectional, hidden_size: 7}
    train: {seeds: 1, epochs: 2, batch_size: 10}
""",
}
PARAMS = OF_DATA_SETS | OF_OWN_FILES
PAIRS = tuple(PARAMS)
RATE = 4000
HERTZ = {"low": 300, "mid": 700, "high": 1500}


def write(pair: str, folder: Path) -> None:
    """What the `path` of a pair of OF_OWN_FILES names, into `folder`; always the same."""
    folder.mkdir()
    WRITERS[pair](folder, np.random.default_rng(0))


def images_of_sizes(folder: Path, draw: np.random.Generator) -> None:
    """Discs, and how wide each is."""
    place = np.arange(8) - 3.5
    away = np.hypot(place, place[:, None])
    rows = [("file", "size")]
    for number, size in enumerate(draw.uniform(1, 4, 120)):
        Image.fromarray(np.uint8(255 * (away < size))).save(folder / f"{number:03}.png")
        rows.append((f"{number:03}.png", f"{size:.3f}"))
    write_csv(folder / "sizes.csv", rows)


def images_with_captions(folder: Path, draw: np.random.Generator) -> None:
    place = np.arange(8) - 3.5
    rows = [("image", "caption")]
    for number in range(120):
        x, y = draw.integers(-2, 3, 2)
        spot = np.hypot(place - x, place[:, None] - y) < 2
        Image.fromarray(np.uint8(255 * spot)).save(folder / f"{number:03}.png")
        sides = [name for name, here in (("left", x < 0), ("right", x > 0), ("above", y < 0), ("below", y > 0)) if here]
        rows.append((f"{number:03}.png", f"picture {number} has a disc {' and '.join(sides) or 'in the middle'}"))
    write_csv(folder / "captions.csv", rows)


def texts_of_prices(folder: Path, draw: np.random.Generator) -> None:
    words, prices = ["old", "new", "big", "small", "house", "flat", "with", "garden"], draw.uniform(1, 9, 160)
    rows = [(" ".join([*draw.choice(words, 6), str(round(price))]), f"{price:.2f}") for price in prices]
    write_csv(folder / "notes.csv", [("text", "price"), *rows])


def sentences_with_tags(folder: Path, draw: np.random.Generator) -> None:
    lines = []
    for number in range(100):
        city = str(draw.choice(["Rome", "Oslo", "New York", "Bonn"])).split()
        tags = ["O", "O", "O", *(f"{'I' if place else 'B'}-city" for place in range(len(city)))]
        lines.append(json.dumps({"words": ["flight", f"no.{number}", "to", *city], "tags": tags}))
    (folder / "flights.jsonl").write_text("\n".join(lines))


def waves(folder: Path, draw: np.random.Generator) -> None:
    """A series in each row; `kind` or `height` is the answer, and the other one is read too."""
    rows: list[tuple[object, ...]] = [("kind", "height", *(f"t{step}" for step in range(12)))]
    for number, height in enumerate(draw.uniform(1, 3, 150)):
        slow = number % 2
        wave = height * np.sin(np.arange(12) / (1 + slow)) + draw.normal(0, 0.1, 12)
        rows.append((slow, f"{height:.3f}", *(f"{value:.3f}" for value in wave)))
    write_csv(folder / "waves.csv", rows)


def recording(folder: Path, draw: np.random.Generator) -> None:
    still = np.repeat(draw.permutation(np.arange(60) % 2), 20)
    noise = draw.normal(0, 1, (len(still), 2)) * (1.5 - still)[:, None]
    rows = [(f"{x:.3f}", f"{y:.3f}", ("walks", "sits")[sits]) for (x, y), sits in zip(noise, still, strict=True)]
    write_csv(folder / "recording.csv", [("x", "y", "activity"), *rows])


def hours_with_gaps(folder: Path, draw: np.random.Generator) -> None:
    values = hours(700)
    for begin in draw.choice(690, 20, replace=False):
        values[begin : begin + draw.integers(1, 6), draw.integers(0, 2)] = np.nan
    write_hours(folder / "hours.csv", values)


def tones_of_pitches(folder: Path, draw: np.random.Generator) -> None:
    rows = [("file", "pitch")]
    for number, pitch in enumerate(draw.uniform(300, 1500, 120)):
        recordings.write(folder / f"{number:03}.wav", tone(pitch, 0.2, draw), RATE)
        rows.append((f"{number:03}.wav", f"{pitch:.1f}"))
    write_csv(folder / "pitches.csv", rows)


def tones_with_transcripts(folder: Path, draw: np.random.Generator) -> None:
    (folder / "clips").mkdir()
    rows = [("file", "text")]
    for number in range(60):
        said = draw.choice(list(HERTZ), draw.integers(2, 5))
        sound = np.concatenate([tone(HERTZ[word], 0.15, draw) for word in said])
        recordings.write(folder / "clips" / f"{number:02}.wav", sound, RATE)
        rows.append((f"clips/{number:02}.wav", " ".join(said)))
    write_csv(folder / "transcripts.csv", rows)


def tone(hertz: float, seconds: float, draw: np.random.Generator) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    return (0.3 * np.sin(2 * np.pi * hertz * time) + draw.normal(0, 0.01, len(time))).astype(np.float32)


def write_csv(path: Path, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


WRITERS: dict[str, Callable[[Path, np.random.Generator], None]] = {
    "images-number": images_of_sizes,
    "images-text": images_with_captions,
    "text-number": texts_of_prices,
    "text-tags": sentences_with_tags,
    "series-label": waves,
    "series-number": waves,
    "series-tags": recording,
    "series-gap": hours_with_gaps,
    "audio-number": tones_of_pitches,
    "audio-transcript": tones_with_transcripts,
}
