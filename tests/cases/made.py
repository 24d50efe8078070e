"""Layouts whose files are written here, as they would be larger than what makes them; what their owners expect."""

import io
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

from tests.cases.harness import Case

GOOD, BAD = ("good", "great", "lovely", "fine"), ("bad", "poor", "awful", "sad")


def text(number: int) -> str:
    """Of an even number good, of an odd one bad; no two are alike."""
    word = (GOOD, BAD)[number % 2][number % 4]
    return f"the film was {word} and we saw number {number} of it {('today', 'again', 'there')[number % 3]}"


def label(number: int) -> str:
    return ("good", "bad")[number % 2]


def write(path: Path, lines: Sequence[str], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)


def picture(number: int, side: int = 12) -> np.ndarray:
    """(side, side) from 0 to 255: a bar lies or stands."""
    pixels = np.random.default_rng(number).integers(0, 60, (side, side))
    pixels[side // 3 : side // 2] += 180
    return pixels if number % 2 else pixels.T


def png(number: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture(number).astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, one in files.items():
            archive.writestr(name, one)
    return content.getvalue()


def wave(number: int, step: int) -> float:
    """Of an even number slow, of an odd one fast."""
    return math.sin((step + number) / (8, 2)[number % 2]) + 0.01 * (number * step % 7)


def fasttext(own: Path) -> None:
    for split, numbers in (("train", range(80)), ("test", range(80, 120))):
        write(own / "reviews" / f"{split}.txt", [f"__label__{label(number)} {text(number)}" for number in numbers])


def several_labels(own: Path) -> None:
    write(
        own / "cooking.txt",
        [
            f"__label__{'sauce __label__cheese' if number % 2 else 'cheese'} How much does {text(number)}?"
            for number in range(80)
        ],
    )


def genres(own: Path) -> None:
    """As MovieLens writes them."""
    rows = [f'{row},"{text(row)}",{("Comedy|Drama", "Comedy", "Drama|Comedy", "Drama")[row % 4]}' for row in range(80)]
    rows += [f'{row},"{text(row)}",{"Comedy" if row % 4 else ""}' for row in range(80, 120)]
    write(own / "films.csv", ["movieId,overview,genres", *rows])


def polarity(own: Path) -> None:
    for number, name in enumerate(("pos", "neg")):
        write(own / "rt" / f"rt-polarity.{name}", [f"{text(row)} , café ." for row in range(number, 120, 2)], "latin-1")
    write(own / "rt" / "rt-polaritydata.README.1.0.txt", ["Sentences of reviews."])


def true_and_fake(own: Path) -> None:
    for number, name in enumerate(("True", "Fake")):
        subjects = ("news", "politics")
        rows = [f'"Title {row}","{text(row)}, they say",{subjects[row // 2 % 2]}' for row in range(number, 120, 2)]
        write(own / "news" / f"{name}.csv", ["title,text,subject", *rows])


def one_of_columns(own: Path) -> None:
    rows = [f"{number},{text(number)},{int(number % 2 == 0)},{number % 2}" for number in range(120)]
    write(own / "papers.csv", ["id,abstract,physics,biology", *rows])


def toxic(own: Path) -> None:
    rows = [f"{number},{text(number)},{number % 2},{int(number % 4 == 1)},0" for number in range(119)]
    write(own / "train.csv", ["id,comment_text,toxic,severe_toxic,threat", *rows, "119,last words here,1,1,1"])


def faces(own: Path) -> None:
    splits = ("Training", "Training", "Training", "PublicTest", "PrivateTest")
    rows = [
        f"{number % 2},{' '.join(map(str, picture(number).ravel()))},{splits[number // 2 % 5]}" for number in range(120)
    ]
    write(own / "fer2013.csv", ["emotion,pixels,Usage", *rows])


def digits(own: Path) -> None:
    head = "label," + ",".join(f"pixel{place}" for place in range(144))
    for split, numbers in (("train", range(60)), ("test", range(60, 90))):
        rows = [f"{number % 2},{','.join(map(str, picture(number).ravel()))}" for number in numbers]
        write(own / "digits" / f"fashion-mnist_{split}.csv", [head, *rows])


def hub(own: Path) -> None:
    for split, numbers in (("train", range(60)), ("test", range(60, 90))):
        rows = [{"image": {"bytes": png(number), "path": None}, "label": number % 2} for number in numbers]
        (own / "beans" / "data").mkdir(parents=True, exist_ok=True)
        name = f"{split}-00000-of-00001-{hash(split) % 997:x}.parquet"
        parquet.write_table(pa.Table.from_pylist(rows), own / "beans" / "data" / name)


def competition(own: Path) -> None:
    inner = {f"train/{('cat', 'dog')[number % 2]}.{number}.png": png(number) for number in range(40)}
    (own / "dogs-vs-cats.zip").write_bytes(
        zipped({"train.zip": zipped(inner), "sampleSubmission.csv": b"id,label\n1,0\n"})
    )


def archives(own: Path) -> None:
    (own / "comp").mkdir()
    for name in ("train", "test"):
        (own / "comp" / f"{name}.zip").write_bytes(zipped({f"{number}.png": png(number) for number in range(4)}))


def lists_of_splits(own: Path) -> None:
    for number in range(60):
        (own / "birds" / "images").mkdir(parents=True, exist_ok=True)
        (own / "birds" / "images" / f"{number}.png").write_bytes(png(number))
    for split, numbers in (("train", range(40)), ("val", range(40, 50)), ("test", range(50, 60))):
        rows = [f"images/{number}.png,{('owl', 'tit')[number % 2]}" for number in numbers]
        write(own / "birds" / f"{split}.csv", ["filepath,label", *rows])


def ucr(own: Path) -> None:
    for split, numbers in (("TRAIN", range(40)), ("TEST", range(40, 60))):
        rows = [
            f"{number % 2 + 1}\t" + "\t".join(f"{25 + 8 * wave(number, step):.3f}" for step in range(30))
            for number in numbers
        ]
        write(own / "Coffee" / f"Coffee_{split}.tsv", rows)


def gestures(own: Path) -> None:
    for number in range(24):
        rows = [f"{20 * step},{wave(number, step):.3f},{-wave(number, step):.3f}" for step in range(40 + number)]
        write(own / "har" / ("walk", "run")[number % 2] / f"{number // 2:03}.csv", ["t,ax,ay", *rows])


def people(own: Path) -> None:
    for person in range(10):
        runs = [(step, step // 100) for step in range(800)]
        rows = [f"{step / 50:.2f},{wave(run, step) + person / 50:.3f},{('sit', 'walk')[run % 2]}" for step, run in runs]
        write(own / "wisdm" / f"person{person}.csv", ["time,ax,activity", *rows])


def patients(own: Path) -> None:
    rows = [
        f"p{trial // 4},t{trial},{step},{wave(trial, step):.4f},{('ill', 'well')[trial % 2]}"
        for trial in range(48)
        for step in range(20)
    ]
    write(own / "gait.csv", ["patient,trial,t,x,label", *rows])


def stores(own: Path) -> None:
    rows = [f"{day(row)},{shop},{50 + 9 * wave(shop, row):.2f}" for row in range(300) for shop in (1, 2)]
    write(own / "sales" / "train.csv", ["date,store,sales", *rows])
    write(
        own / "sales" / "test.csv",
        ["date,store", *(f"{day(row)},{shop}" for row in range(300, 330) for shop in (1, 2))],
    )
    write(own / "sales" / "sample_submission.csv", ["id,sales", "1,0"])


def day(row: int) -> str:
    return f"2021-{1 + row // 28:02}-{1 + row % 28:02}"


def accounts(own: Path) -> None:
    values = [f"{900 + 300 * wave(1, row):,.2f}" for row in range(300)]
    rows = [f'{day(row)},"{f"({value})" if row % 3 else value}"' for row, value in enumerate(values)]
    write(own / "profit.csv", ["Date,Profit", *rows])


def logger(own: Path) -> None:
    times = [
        f"01/{1 + row // 24:02}/21 {row % 12 or 12:02}:00:00 {'AM' if row % 24 < 12 else 'PM'}" for row in range(480)
    ]
    rows = [f'{row},"{time}",{9 + wave(0, row):.3f},""' for row, time in enumerate(times, 1)]
    write(own / "10234.csv", ['"Plot Title: 10234"', '"#","Date Time, GMT+01:00","Temp, °C","Logged"', *rows])


TEXTS = [
    Case(
        "fasttext", fasttext, section={"source.layout": "fasttext"}, meta={"examples.test": 40}, predict=("a sad film",)
    ),
    Case(
        "fasttext-several-labels",
        several_labels,
        section={"source.layout": "fasttext", "prepare.labels": "many"},
        reports=("any number of labels of each text: 40 of 80 lines have several",),
        meta={"classes": ["cheese", "sauce"]},
        predict=("a cheese",),
    ),
    Case(
        "rt-polarity",
        polarity,
        section={"source.layout": "lines", "source.encoding": "latin-1"},
        meta={"classes": ["neg", "pos"]},
    ),
    Case(
        "true-and-fake",
        true_and_fake,
        section={"source.files": "labels"},
        meta={"classes": ["Fake", "True"]},
        predict=("a sad film",),
    ),
    Case(
        "one-of-columns",
        one_of_columns,
        section={"source.label": ["physics", "biology"]},
        meta={"classes": ["biology", "physics"]},
    ),
    Case(
        "toxic",
        toxic,
        section={"prepare.labels": "many", "source.label": ["toxic", "severe_toxic", "threat"]},
        reports=("rows have several, .* none; labels: ", "`?--target 'toxic'`? predicts one of them, yes or no"),
        predict=("a sad film",),
        last="evaluate",
    ),
    Case(
        "genres",
        genres,
        section={"prepare.labels": "many", "prepare.separator": "|", "source.label": "genres"},
        reports=("with '|' between them: 40 of 120 rows have several, 30 none",),
        meta={"classes": ["Comedy", "Drama"]},
        predict=("a sad film",),
    ),
    Case("toxic", toxic, name="toxic-alone", options=("--target", "toxic"), meta={"classes": ["0", "1"]}),
]
IMAGES = [
    Case(
        "fer2013",
        faces,
        section={"source.pixels": "pixels", "source.split": "Usage", "prepare.size": 12},
        reports=("PublicTest is valid",),
        meta={"examples": {"train": 72, "valid": 24, "test": 24}},
        last="evaluate",
    ),
    Case("mnist-as-csv", digits, section={"source.pixels": "pixel", "input": "images"}, meta={"examples.test": 30}),
    Case("hub-parquet", hub, section={"source.pixels": "image"}, meta={"examples.test": 30}),
    Case(
        "zip-in-a-zip",
        competition,
        reports=("archives within it, unpacked too: train.zip",),
        meta={"classes": ["cat", "dog"]},
    ),
    Case(
        "lists-of-splits",
        lists_of_splits,
        section={"source.labels": ["test.csv", "train.csv", "val.csv"]},
        meta={"examples": {"train": 40, "valid": 10, "test": 10}},
    ),
    Case("folder-of-zips", archives, refused="holds archives, test.zip, train.zip, which are not looked into; unpack"),
]
BY_FILE = {"source.files": "series", "source.label": "activity"}
SERIES = [
    Case(
        "ucr-pair",
        ucr,
        section={"source.label": "column 1", "input": "series", "source.header": "none"},
        reports=("is read with a decimal point, as all steps of these series are written so",),
        meta={"examples.test": 20},
        predict=("Coffee/Coffee_TEST.tsv",),
    ),
    Case(
        "folder-per-class",
        gestures,
        section={"source.files": "series", "source.time": "t", "source.values": ["ax", "ay"]},
        meta={"classes": ["run", "walk"]},
        predict=("har/walk/001.csv",),
    ),
    Case(
        "file-per-person",
        people,
        section=BY_FILE,
        reports=("10 groups; all of a group stay in one split",),
        predict=("wisdm/person1.csv",),
    ),
    Case(
        "file-per-person",
        people,
        name="file-per-person-tags",
        options=("--as", "tags"),
        section=BY_FILE,
        reports=("10 groups; all of a group stay in one split",),
        predict=("wisdm/person1.csv",),
    ),
    Case("patients", patients, section={"source.group": "patient", "source.series": "trial"}, reports=("12 groups",)),
    Case(
        "stores",
        stores,
        section={"source.series": "store"},
        reports=("test.csv has no 'sales', and is no split",),
        predict=("sales/train.csv",),
    ),
    Case("accounts", accounts, section={"source.units": ["()"], "source.thousands": ","}),
    Case("hobo-logger", logger, section={"source.time": "Date Time, GMT+01:00", "source.target": "Temp, °C"}),
]
CASES = [*TEXTS, *IMAGES, *SERIES]
