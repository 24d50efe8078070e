"""Sentences with a tag for each word, in the layouts that people have."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.params.sections.tagged_file import TaggedFile
from kassandra.sources.own.tagged_files import read_own, split_of

EXPECTED = [(["EU", "rejects", "German"], ["B-ORG", "O", "B-MISC"]), (["Peter", "Blackburn"], ["B-PER", "I-PER"])]
CONLL = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""
KAGGLE = """Sentence #,Word,POS,Tag
Sentence: 1,EU,NNP,B-ORG
,rejects,VBZ,O
,German,JJ,B-MISC
Sentence: 2,Peter,NNP,B-PER
,Blackburn,NNP,I-PER
"""
JSON = """{"tokens": ["EU", "rejects", "German"], "tags": ["B-ORG", "O", "B-MISC"]}
{"tokens": ["Peter", "Blackburn"], "tags": ["B-PER", "I-PER"]}
"""


def read(folder, **keys):
    own = read_own(folder, TaggedFile(path="mine", **keys))
    return [(list(one.words), list(one.tags)) for part in own.parts.values() for one in part], own


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.txt", CONLL),
        ("mine.conll", CONLL.replace(" ", "\t").replace("\n", "\r\n")),
        ("ner_dataset.csv", KAGGLE),
        ("mine.jsonl", JSON),
        ("mine.json", "[" + ",".join(JSON.splitlines()) + "]"),
    ],
)
def test_every_layout_gives_the_same(tmp_path, name, content):
    (tmp_path / name).write_text(content, newline="")
    sentences, own = read(tmp_path)
    assert sentences == EXPECTED
    assert own.refused == 0


@pytest.mark.parametrize("names", [("{}.seq.in", "{}.seq.out"), ("{}/seq.in", "{}/seq.out")])
def test_words_and_tags_line_by_line(tmp_path, names):
    for split in ("train", "test"):
        for name, which in zip(names, (0, 1), strict=True):
            path = tmp_path / name.format(split)
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(" ".join(one[which]) + " \n" for one in EXPECTED))
    (tmp_path / "train.label").write_text("a\nb\n")
    sentences, own = read(tmp_path)
    assert sentences == EXPECTED * 2
    assert list(own.parts) == ["train", "test"]


def test_the_splits_of_files(tmp_path):
    for name in ("eng.train", "eng.testa", "eng.testb"):
        (tmp_path / name).write_text(CONLL)
    assert list(read(tmp_path)[1].parts) == ["train", "valid", "test"]
    assert split_of("wnut17train.conll") is None


def test_another_column_is_read_where_it_is_named(tmp_path):
    (tmp_path / "train.txt").write_text(CONLL)
    sentences, _ = read(tmp_path, tags="column 2")
    assert sentences[0][1] == ["NNP", "VBZ", "JJ"]
    with pytest.raises(KassandraError, match=r"source.tags: .*unknown column 'column 9'"):
        read(tmp_path, tags="column 9")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONLL.replace("rejects VBZ B-VP O", "rejects"), r"1 of 2 rows refused: 1 × line of 1 columns, .*line 4"),
        (JSON.replace(', "German"', ""), r"another number of words than of tags \(line 1\)"),
        ("one\ntwo\n", r"line 1: 'one' has one column; expected a word and its tag"),
        (KAGGLE.replace(",rejects,", ",,"), r"1 × empty word or tag \(line 3\)"),
        ("word,tag,x\na,O,1\n", r"no column says which sentence it is of; name it in `source.sentence`"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, content, message):
    (tmp_path / "mine").write_text(content)
    with pytest.raises(KassandraError, match=message):
        read(tmp_path)


def test_a_bad_sentence_is_left_out_and_counted(tmp_path):
    (tmp_path / "mine.txt").write_text(CONLL.replace("rejects VBZ B-VP O", "rejects") * 2)
    sentences, own = read(tmp_path, tolerate=0.5)
    assert sentences == EXPECTED[1:] * 2
    assert own.refused == 2
    assert own.meta["left_out"]["mine.txt"]
    assert "2 of 4 rows refused" in own.message
