"""Which files are read in which direction, and what is reported of files that go together in no way."""

import gzip
import re
import zipfile

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.examples import Pair
from kassandra.contracts.splits import WHOLE
from kassandra.inputs.text.prepare import pairs
from kassandra.params.inputs.text import PairsPrepare, PairsSource


@pytest.fixture
def folder(tmp_path):
    """Writes files of lines; those whose name ends in .gz are packed."""

    def folder(**files):
        for name, lines in files.items():
            name = name.replace("__", "-").replace("_dot_", ".")
            content = "".join(f"{line}\n" for line in lines).encode()
            (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return tmp_path

    return folder


def read(raw, dataset, pair=None):
    return pairs.read(raw, PairsSource(dataset=dataset, pair=pair), PairsPrepare())


def own(raw, pair=None):
    return pairs.read(raw, PairsSource(path="mine", pair=pair), PairsPrepare())


def refused(call, text):
    with pytest.raises(KassandraError, match=f"^{text}$"):
        call()


@pytest.mark.slow
def test_tatoeba_is_english_to_french_or_turned_round(tatoeba):
    one, other = (read(tatoeba, "tatoeba", pair) for pair in (None, "fr-en"))
    assert (one.languages, other.languages) == (("en", "fr"), ("fr", "en"))
    assert read(tatoeba, "tatoeba", "en-fr") == one
    assert Pair("Here she is!", "La voilà !") in one.parts[WHOLE]
    assert {Pair(*pair[::-1]): line for pair, line in one.parts[WHOLE].items()} == other.parts[WHOLE]
    assert list(one.parts) == [WHOLE]
    assert one.dropped == other.dropped
    assert sum(one.dropped.values()) + len(one.parts[WHOLE]) == 775
    with zipfile.ZipFile(tatoeba / "fra-eng.zip") as archive:
        lines = [line.split("\t") for line in archive.read("fra.txt").decode().splitlines()]
    assert [pair.source for pair in one.parts[WHOLE]] == [
        line[0] for number, line in enumerate(lines, 1) if number != 89
    ]
    assert one.message.endswith("fra-eng.zip/fra.txt: 1 of 775 rows refused: 1 × repeated (line 89)")


def test_a_damaged_tatoeba(tmp_path):
    refused(lambda: read(tmp_path, "tatoeba"), ".*fra-eng.zip: no such file; .*")
    (tmp_path / "fra-eng.zip").write_bytes(b"nonsense")
    refused(lambda: read(tmp_path, "tatoeba"), r".*fra-eng.zip: damaged \(File is not a zip file\); .*")
    with zipfile.ZipFile(tmp_path / "fra-eng.zip", "w") as archive:
        archive.writestr("other.txt", "Hi.\tSalut !")
    refused(lambda: read(tmp_path, "tatoeba"), r".*fra-eng.zip: damaged \(.*no item named 'fra.txt'.*")


def test_multi30k_comes_in_splits(folder):
    parts = {"train": 30, "val": 4, "test_2016_flickr": 3}
    raw = folder(
        **{f"{part}_dot_{side}_dot_gz": [f"{side} {part} {n}" for n in range(size)] for part, size in parts.items()
           for side in ("de", "en")}
    )  # fmt: skip
    done = read(raw, "multi30k")
    assert done.languages == ("de", "en")
    assert {name: len(part) for name, part in done.parts.items()} == {"train": 30, "valid": 4, "test": 3}
    assert list(done.parts["valid"].items())[1] == (Pair("de val 1", "en val 1"), "val.de.gz:2")
    pair = Pair("en test_2016_flickr 2", "de test_2016_flickr 2")
    assert read(raw, "multi30k", "en-de").parts["test"][pair] == "test_2016_flickr.en.gz:3"


def test_data_sets_and_languages_that_are_not_there(tatoeba):
    held = re.escape("['tatoeba', 'multi30k']")
    refused(
        lambda: read(tatoeba, "imdb"),
        f"source.dataset: 'imdb' holds no pairs of sentences; those that do: {held}",
    )
    refused(
        lambda: read(tatoeba, "tatoeba", "de-en"),
        "source.pair: 'de-en' is not in 'tatoeba', which has en-fr and fr-en",
    )
    refused(lambda: read(tatoeba, "tatoeba", "en-en"), "source.pair: 'en-en' is one language; name two")


@pytest.mark.parametrize("name", ["mine_dot_tsv", "mine_dot_txt", "mine_dot_TSV", "mine_dot_tsv_dot_gz"])
def test_one_file_of_two_columns(folder, name):
    raw = folder(**{name: ["Hallo.\tHello.", "Nein.\tNo.\tmore"], "_dot_hidden": ["x"]})
    done, file = own(raw), name.replace("_dot_", ".")
    assert done.languages == ("source", "target")
    assert done.parts == {WHOLE: {Pair("Hallo.", "Hello."): f"{file}:1", Pair("Nein.", "No."): f"{file}:2"}}
    assert own(raw, "de-en") == done._replace(languages=("de", "en"))  # the first column is the first language


def test_files_beside_each_other(folder):
    raw = folder(talks__v1_dot_de=["eins", "zwei"], talks__v1_dot_en_dot_gz=["one", "two"])
    done = own(raw, "en-de")
    assert done.languages == ("en", "de")
    assert list(done.parts[WHOLE]) == [Pair("one", "eins"), Pair("two", "zwei")]
    folder(talks__v1_dot_fr=["un"])  # a third language is no matter if two are asked for
    assert own(raw, "en-de") == done


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train", "valid", "test"], {"train", "valid", "test"}),
        (["Train-v2", "dev", "test_2016"], {"train", "valid", "test"}),
        (["train", "test2016"], {"train", "test"}),
        (["train"], {WHOLE}),
        (["anything"], {WHOLE}),
    ],
)
def test_splits_of_ones_own(folder, names, splits):
    raw = folder(**{f"{name}_dot_{side}": [f"{side} {name}"] for name in names for side in ("de", "en")})
    assert set(own(raw, "de-en").parts) == splits


def test_each_file_is_reported(folder, tmp_path):
    raw = folder(train_dot_de=["a", ""], train_dot_en=["b", "c"], test_dot_de=["d", "e"], test_dot_en=["", "f"])
    done = own(raw, "de-en")
    assert done.dropped["empty"] == 2
    assert sorted(done.message.split("\n")) == [
        f"{tmp_path}/test.de and test.en: 1 of 2 rows refused: 1 × empty (line 1)",
        f"{tmp_path}/train.de and train.en: 1 of 2 rows refused: 1 × empty (line 2)",
    ]
    assert list(own(folder(train_dot_de=["a", "b"], test_dot_en=["c", "f"]), "de-en").dropped.values()) == [0] * 5


COLUMNS = "a file of two columns parted by a tab, .tsv or .txt"
OTHERS = "of any other table name the columns, `source.text` and `source.translation`"
NAMED = "source.path: expected files named train, valid and test; "


@pytest.mark.parametrize(
    ("names", "pair", "text"),
    [
        ("m.csv", None, f"source.path: expected {COLUMNS}; {OTHERS}; found ['m.csv']"),
        ("a.tsv b.tsv", None, f"source.path: expected {COLUMNS}; {OTHERS}; found ['a.tsv', 'b.tsv']"),
        ("x.de", "de-en", f"source.path: expected {COLUMNS}, or files that go line by line, such as talks.de and "
                          "talks.en; found ['x.de']"),
        ("x.de x.en", None, "source.pair: say from which language into which, as in 'de-en'; found ['x.de', 'x.en']"),
        ("x.de x.en", "de-fr", "source.pair: no file is in 'fr', that is, ends in .fr; found ['x.de', 'x.en']"),
        ("train.de train.en test.de", "de-en", "{raw}/test.de: its partner test.en is missing"),
        ("x.de y.en", "de-en", "{raw}/x.de: its partner x.en is missing"),
        ("x.de x.de.GZ x.en", "de-en", "source.path: both {raw}/x.de and {raw}/x.de.GZ; which one is meant?"),
        ("x.de x.de.gz x.en", "de-en", "source.path: both {raw}/x.de and {raw}/x.de.gz; which one is meant?"),
        ("a.de a.en b.de b.en", "de-en", f"{NAMED}'a' is none of these"),
        ("dev.de dev.en val.de val.en", "de-en", f"{NAMED}'dev' and 'val' are both valid"),
        ("train.de train.en dev.de dev.en", "de-en", "source.path: no file is named test; found ['dev', 'train']"),
    ],
)  # fmt: skip
def test_files_that_go_together_in_no_way(folder, tmp_path, names, pair, text):
    folder(**{name.replace(".", "_dot_"): ["a"] for name in names.split()})
    refused(lambda: own(tmp_path, pair), re.escape(text.format(raw=tmp_path)))


def test_folders_that_are_splits(tmp_path):
    for split in ("train", "val", "test"):
        (tmp_path / split).mkdir()
        for language in ("de", "en"):
            (tmp_path / split / f"corpus.{language}").write_text(f"{split} {language}\n")
    done = own(tmp_path, "de-en")
    assert {name: [tuple(pair) for pair in part] for name, part in done.parts.items()} == {
        "train": [("train de", "train en")], "valid": [("val de", "val en")], "test": [("test de", "test en")],
    }  # fmt: skip


def test_files_about_the_pairs_are_left_aside(tmp_path):
    (tmp_path / "fra.txt").write_text("Hi.\tSalut !\tCC-BY\n")
    (tmp_path / "_about.txt").write_text("about\n")
    done = own(tmp_path, "en-fr")
    assert [tuple(pair) for pair in done.parts["all"]] == [("Hi.", "Salut !")]
    assert done.message == f"{tmp_path}: files about the texts: 1 left out"


def test_a_table_that_is_described(tmp_path):
    rows = ["id,French,English", "1,Salut,Hi", "2,Ça va,Fine", "3,Oui", '4,"Non, non",No']
    (tmp_path / "a.csv").write_bytes("\n".join(rows).encode("latin-1"))
    keys = {"path": "mine", "encoding": "latin-1", "text": "English", "translation": "French", "pair": "en-fr"}
    done = pairs.read(tmp_path, PairsSource(**keys, tolerate=0.25), PairsPrepare())
    assert done.languages == ("en", "fr")
    assert done.parts == {
        WHOLE: {Pair("Hi", "Salut"): "a.csv:2", Pair("Fine", "Ça va"): "a.csv:3", Pair("No", "Non, non"): "a.csv:5"}
    }
    assert done.message == f"{tmp_path}/a.csv: 1 of 4 rows refused: 1 × fewer fields than the 3 columns (line 4)"
    assert done.dropped["fewer fields than the 3 columns"] == 1
    says = ".*a.csv: 1 of 4 rows refused.*`source.tolerate: 0.01` leaves out 0 of 4 rows at most"
    refused(lambda: pairs.read(tmp_path, PairsSource(**keys), PairsPrepare()), says)
    keys["translation"] = "Frensh"
    refused(
        lambda: pairs.read(tmp_path, PairsSource(**keys), PairsPrepare()), "source.translation: unknown .*'French'.*"
    )


def test_tables_of_splits_without_a_header(tmp_path):
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_text(f"Hi {name};Salut {name}\n")
    source = PairsSource(path="mine", header="none", delimiter=";")
    done = pairs.read(tmp_path, source, PairsPrepare())
    assert {split: list(part) for split, part in done.parts.items()} == {
        split: [Pair(f"Hi {name}", f"Salut {name}")]
        for split, name in (("train", "train"), ("valid", "dev"), ("test", "test"))
    }
    (tmp_path / "test.csv").unlink()
    refused(lambda: pairs.read(tmp_path, source, PairsPrepare()), "source.path: expected one table, or train.*")


def test_a_tab_between_columns_in_another_encoding(tmp_path):
    (tmp_path / "a.txt").write_bytes("Fine\tÇa va\n".encode("latin-1"))
    done = pairs.read(tmp_path, PairsSource(path="mine", encoding="latin-1"), PairsPrepare())
    assert list(done.parts[WHOLE]) == [Pair("Fine", "Ça va")]
    says = ".*a.txt: is not in `source.encoding: ascii`"
    refused(lambda: pairs.read(tmp_path, PairsSource(path="mine", encoding="ascii"), PairsPrepare()), says)
