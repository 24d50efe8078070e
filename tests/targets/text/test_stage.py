"""Evaluation of translations, from what a translator says to tables, pictures and the page."""

from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from kassandra.contracts.artifacts import write_arrays
from kassandra.contracts.ragged import Ragged
from kassandra.contracts.tables import read_table, write_table
from kassandra.targets.text.evaluate import stage as translation
from kassandra.targets.text.evaluate.figures import Aligned, alignments, bleu_by_length, one_of_each_quarter, write_page
from kassandra.targets.text.evaluate.predict import Translation
from kassandra.targets.text.evaluate.scores import SCORES, ngrams

pytestmark = pytest.mark.slow

HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "train_loss": [5.0, 3.0], "valid_loss": [4.0, 3.5], "valid_bleu": [3.0, 21.126]}
)  # fmt: skip
META = {"languages": {"source": "de", "target": "en"}, "lowercase": False}
NASTY = "<script>alert(1)</script> & \"'\x00\u202e $5^{ {0} %s 猫"


def sources(count=40):
    """Of one to ten words, of which no two are alike."""
    return [" ".join([f"wort{row}", *["und"] * (row % 10)]) for row in range(count)]


class Fake:
    """A translator that says of `wort7 und und` `word7 and and`, without a beam one word less."""

    meta = META

    def __init__(self, texts, references, attends=True):
        split = SimpleNamespace(sources=texts, targets=SimpleNamespace(references=references))
        self.pair, self.attends, self.asked = SimpleNamespace(read=lambda path: split), attends, []
        self.models = [self]

    def outputs(self, split, beam):
        self.asked.append(beam)
        return [self.translation(text, beam) for text in split.sources]

    def translation(self, text, beam):
        words = text.replace("wort", "word").replace("und", "and").split()[: None if beam > 1 else -1]
        pieces, source = [*words, "</s>"], text.split()
        weights = np.eye(len(pieces), len(source), dtype=np.float32)
        return Translation(" ".join(words), source, pieces, weights if self.attends else None, -float(len(pieces)))


def references():
    """Some sentences have two, and the last word of the longer ones is another."""
    right = [text.replace("wort", "word").replace("und", "and") for text in sources()]
    first = [" ".join([*text.split()[:-1], "end"]) if len(text.split()) > 6 else text for text in right]
    return [[text, "another one"] if row % 3 == 0 else [text] for row, text in enumerate(first)]


@pytest.fixture(scope="module")
def evaluate():
    def evaluate(folder, texts=None, attends=True):
        texts = texts or sources()
        folder.mkdir(exist_ok=True)
        ids = Ragged.of_texts(f"row {row}" for row in range(len(texts)))
        source = Ragged.of_texts(texts)
        texts_of_sources = {"source_text": source.flat, "source_text_offsets": source.offsets}
        write_arrays(folder / "test.npz", example=ids.flat, example_offsets=ids.offsets, **texts_of_sources)
        translator = Fake(texts, references()[: len(texts)], attends)
        baselines = pd.DataFrame({"weak": texts, "strong": [one.text for one in translator.outputs(SimpleNamespace(sources=texts), 1)], "weaker": ""})  # fmt: skip # noqa: E501
        translator.asked.clear()
        report, _, table = translation.evaluate(
            translator, folder / "test.npz", None, baselines, HISTORY, folder / "plots", folder / "pages", None, 0
        )
        return SimpleNamespace(report=report, table=table, folder=folder, asked=translator.asked)

    return evaluate


@pytest.fixture(scope="module")
def evaluated(evaluate, tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("evaluated"))


def test_files(evaluated):
    names = ["alignments.png", "bleu_by_length.png", "learning_curves.png"]
    assert sorted(path.name for path in (evaluated.folder / "plots").iterdir()) == names
    for name in names:
        with Image.open(evaluated.folder / "plots" / name) as image:
            image.load()
    assert [path.name for path in (evaluated.folder / "pages").iterdir()] == ["translations.html"]


def test_a_beam_of_five_and_a_greedy_one(evaluated):
    assert sorted(evaluated.asked) == [1, 5]


def test_one_row_per_sentence_in_order(evaluated, tmp_path):
    write_table(tmp_path / "test.parquet", evaluated.table)
    table = read_table(tmp_path / "test.parquet")
    assert list(table) == [
        "example", "source", "hypothesis", "greedy", "bleu", "bleu_greedy", "bleu_lowercase", "bleu_lowercase_greedy",
        "chrf", "log_probability",
    ]  # fmt: skip
    assert table["source"].tolist() == sources()
    assert table["hypothesis"][13] == "word13 and and and"
    assert table["greedy"][13] == "word13 and and"
    assert table["log_probability"][13] == -5.0
    assert table["example"][13] == "row 13"
    assert table["bleu"][13].tolist() == [4, 3, 2, 1, 4, 3, 2, 1, 4, 4]
    assert table["bleu"][8].tolist()[:8] == [8, 7, 6, 5, 9, 8, 7, 6]


def test_bleu_follows_from_the_rows(evaluated):
    """So two models can be compared, sentence by sentence, where there are no references."""
    table = evaluated.table
    *counts, length, reference = np.stack(table["bleu"]).sum(0).tolist()
    bleu = BLEU.compute_bleu(counts[:4], counts[4:], length, reference, smooth_method="exp").score
    assert bleu == pytest.approx(evaluated.report.scores["bleu"].value, abs=1e-9)
    assert 60 < bleu < 100
    assert evaluated.report.units == 40


def test_the_scores_are_of_the_texts_they_say(evaluated):
    streams = [[several[0] for several in references()], [[*several, None][1] for several in references()]]
    for name, column in (("bleu", "hypothesis"), ("bleu_greedy", "greedy")):
        expected = BLEU().corpus_score(evaluated.table[column].tolist(), streams).score
        assert evaluated.report.scores[name].value == pytest.approx(expected, abs=1e-9)
    assert evaluated.report.baselines["strong"] == evaluated.report.scores["bleu_greedy"]
    assert list(evaluated.report.gains) == ["weak", "strong", "weaker"]


def test_twice_the_same_bytes(evaluate, evaluated, tmp_path):
    again = evaluate(tmp_path)
    pd.testing.assert_frame_equal(again.table, evaluated.table, check_exact=True)
    assert again.report.scores == evaluated.report.scores
    for path in [*(evaluated.folder / "plots").iterdir(), *(evaluated.folder / "pages").iterdir()]:
        assert path.read_bytes() == (tmp_path / path.parent.name / path.name).read_bytes(), path.name


@pytest.mark.parametrize("case", [{"attends": False}, {"texts": ["wort " + "und " * 60] * 3}], ids=["none", "too long"])
def test_no_alignments_where_none_can_be_drawn(evaluate, tmp_path, case):
    evaluate(tmp_path, **case)
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["bleu_by_length.png", "learning_curves.png"]


def test_one_sentence_is_enough(evaluate, tmp_path):
    assert evaluate(tmp_path, texts=["wort0 und und und"]).report.scores["bleu"].value > 0


def test_sentences_are_chosen_by_length_alone():
    lengths = np.random.default_rng(0).permutation(80)
    assert lengths[one_of_each_quarter(lengths)].tolist() == [10, 30, 50, 70]
    assert one_of_each_quarter(np.ones(8, int)).tolist() == [1, 3, 5, 7]  # of equal ones, as they come
    assert [len(one_of_each_quarter(np.arange(count))) for count in range(6)] == [0, 1, 2, 3, 4, 4]


def test_the_length_of_a_source():
    lengths, unit = translation.source_lengths(["ein  Mann läuft.", "ja"], "de")
    assert (lengths.tolist(), unit) == ([3, 1], "words")
    lengths, unit = translation.source_lengths(["他 在跑。"], "zh_CN")
    assert (lengths.tolist(), unit) == ([4], "characters")


def test_alignments_lie_where_their_pieces_are(shown):
    weights = np.array([[0.25, 0.75, 0], [0, 0, 1]], np.float32)
    other = Aligned("b", ["x"], ["y"], np.ones((1, 1), np.float32))
    figure = shown(
        alignments, [Aligned("a", ["▁ein", "▁Ma$n", "n^{"], ["▁man", "</s>"], weights), other, other], "title"
    )
    axis = figure.axes[0]
    np.testing.assert_array_equal(axis.images[0].get_array(), weights)
    assert axis.images[0].get_clim() == (0, 1)
    assert [label.get_text() for label in axis.get_xticklabels()] == ["▁ein", "▁Ma$n", "n^{"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["▁man", "</s>"]
    assert axis.get_xticks().tolist() == [0, 1, 2]
    assert axis.get_ylim() == (1.5, -0.5)  # the first piece at the top
    assert [axis.get_visible() and axis.axison for axis in figure.axes] == [True, True, True, False]


def test_bleu_of_each_band_is_that_of_its_sentences(shown):
    draw = np.random.default_rng(0)
    output = [" ".join(draw.choice(["a", "b", "c"], 8)) for _ in range(60)]
    right = [[" ".join(draw.choice(["a", "b"], 8))] for _ in range(60)]
    lengths = np.repeat([9, 2, 5], 20)
    figure = shown(bleu_by_length, lengths, {"LSTM": ngrams(output, right, "13a")}, "words", 0)
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["2\n(20)", "5\n(20)", "9\n(20)"]
    drawn = axis.containers[0].lines[0].get_ydata()
    for value, rows in zip(drawn, (slice(20, 40), slice(40, 60), slice(0, 20)), strict=True):
        expected = BLEU().corpus_score(output[rows], [[text for (text,) in right[rows]]]).score
        assert value == pytest.approx(expected, abs=1e-9)
    ((low, high), *_) = axis.containers[0].lines[2][0].get_segments()
    assert low[1] < drawn[0] < high[1]
    (label,) = axis.get_legend_handles_labels()[1]
    assert label == f"LSTM: {BLEU().corpus_score(output, [[text for (text,) in right]]).score:.2f}"


def test_a_curve_of_bleu_is_called_so(shown):
    from kassandra.judging import figures

    assert (
        shown(figures.learning_curves, HISTORY, SCORES).axes[1].get_title()
        == "bleu on validation: 21.13 at the best loss"
    )


class Page(HTMLParser):
    """Tags in order, and of each table the rows: class, and what stands in each cell."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.tables, self.marked, self.inside, self.cell = [], [], [], False, False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside = tag == "mark"
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([dict(attrs)["class"]])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")
            self.cell = True

    def handle_endtag(self, tag):
        self.inside = False
        self.cell = self.cell and tag not in ("th", "td")

    def handle_data(self, data):
        if self.cell:
            self.tables[-1][-1][-1] += data
        if self.inside:
            self.marked.append(data)


def test_the_page_shows_the_worst_the_best_and_some_at_random(evaluated):
    page = Page((evaluated.folder / "pages" / "translations.html").read_text(encoding="utf-8"))
    tables, output = page.tables, evaluated.table["hypothesis"].tolist()
    assert len(tables) == 20 + 10 + 10
    by_source = dict(zip(sources(), range(40), strict=True))
    rows = [by_source[table[0][3]] for table in tables]
    chrf = [CHRF().sentence_score(output[row], references()[row]).score for row in range(40)]
    assert rows[:20] == sorted(set(rows[:20]))
    assert sorted(chrf[row] for row in rows[20:30]) == pytest.approx(sorted(chrf)[:10])
    assert [chrf[row] for row in rows[30:]] == pytest.approx([100] * 10)
    for row, table in zip(rows, tables, strict=True):
        kinds = ["source", *["reference"] * len(references()[row]), "model", "baseline", "baseline"]
        assert [line[0] for line in table] == kinds
        assert [line[3] for line in table if line[0] == "reference"] == references()[row]
        (model,) = (line for line in table if line[0] == "model")
        assert model[1:] == ["LSTM", f"{chrf[row]:.0f}", output[row]]
        assert [line[1] for line in table[-2:]] == [
            "strong",
            "weak",
        ]  # the strongest two of three, the better one first


def test_words_that_no_reference_has_are_marked(tmp_path):
    output = {"LSTM": ["A black dog, runs"], "copy": ["  "]}
    one = [["a cat runs", "The DOG"]]
    write_page(["x"], one, output, np.array([50.0]), META, 0, tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert page.marked == ["marked", *["black"] * 3]  # the explanation's own; then each of three parts
    assert page.tables[0][-1][3] == "nothing"


def test_nothing_of_a_sentence_is_run_or_becomes_a_tag(tmp_path):
    for name, text in (("plain", "x"), ("nasty", NASTY)):
        write_page([text], [[text]], {text: [text]}, np.array([50.0]), META, 0, tmp_path / name)
    plain, nasty = ((tmp_path / name).read_text(encoding="utf-8") for name in ("plain", "nasty"))
    assert Page(nasty).tags == Page(plain).tags
    assert not {"script", "link", "img"} & set(Page(nasty).tags)
    assert "\x00" not in nasty
    assert "\u202e" not in nasty
    assert Page(nasty).tables[0][0][3] == NASTY.replace("\x00", " ").replace("\u202e", "")
