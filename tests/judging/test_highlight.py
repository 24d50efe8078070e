"""Highlighted texts: nothing of the text is lost or run, colours follow weights, and any script can be drawn."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from kassandra.judging import figures, highlight
from kassandra.judging.highlight import COLUMNS, LINES, Passage, drawable, html, png

pytestmark = pytest.mark.slow

NASTY = (
    "<script>alert(1)</script> & \"'\x00\x1b\u202e\u2028 $5^{ x_1^2$ {0} %s\n\r\n\t猫 العربية e\u0301 👩‍👧 \ud800\ufffe"
)


def passage(text, seed=0, heading="positive, said positive 0.98"):
    pieces = re.findall(r"\S+\s*|\s+", text)
    return Passage(heading, pieces, np.random.default_rng(seed).random(len(pieces)))


class Page(HTMLParser):
    """What a reader sees of each passage, and the spans: text, weight, level."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.spans, self.inside = [], [], [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag == "p" and attrs.get("class") == "text":
            self.texts.append("")
            self.inside = "p"
        if tag == "span" and self.inside == "p":
            self.spans.append(["", float(attrs["title"]), float(attrs.get("style", "--w:0").removeprefix("--w:"))])
            self.inside = "span"

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = {"span": "p", "p": None}[tag]

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data
        if self.inside == "span":
            self.spans[-1][0] += data


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    def page(*passages, title="title", explanation="explanation"):
        path = tmp_path_factory.mktemp("html") / "new folder" / "page.html"
        html(list(passages), title, explanation, path)
        return path.read_bytes().decode()

    return page


PIECES = st.lists(st.tuples(st.text(max_size=8), st.floats(0, 1)), max_size=12)


@given(PIECES)
@example([(NASTY, 1.0), (NASTY, 0.5)])
def test_the_page_holds_the_text_and_each_weight(page, rows):
    pieces, weights = [piece for piece, _ in rows], np.array([weight for _, weight in rows])
    seen = Page(page(Passage("heading", pieces, weights)))
    turns = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    expected = "".join(
        {"\n": "⏎", "\ud800": "\ufffd"}.get(sign, " " if sign < " " or "\x7f" <= sign <= "\x9f" else sign)
        for piece in pieces
        for sign in piece.replace("\r\n", "\n")
        if sign not in turns
    )
    assert seen.texts == [expected]
    assert [weight for _, weight, _ in seen.spans] == pytest.approx(weights.tolist(), rel=0.01)
    top = max(weights, default=0) or 1
    assert [level for _, _, level in seen.spans] == pytest.approx((weights / top).tolist(), abs=0.001)


def test_nothing_of_a_text_is_run_or_becomes_a_tag(page):
    plain = Page(page(passage("text"), title="t", explanation="e"))
    seen = Page(page(passage(NASTY.split()[0], heading=NASTY), title=NASTY, explanation=NASTY))
    names = [tag for tag, _ in seen.tags if tag != "wbr"]
    assert names == [tag for tag, _ in plain.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert not [attrs for _, attrs in seen.tags if {"src", "href", "onclick"} & set(attrs)]
    assert "url(" not in page(passage("text"))


def test_the_page_says_what_it_is(page):
    seen = Page(page(passage("text")))
    attributes = [attrs for _, attrs in seen.tags]
    assert ("html", {"lang": "en"}) in seen.tags
    assert {"charset": "utf-8"} in attributes
    assert [attrs for attrs in attributes if attrs.get("name") == "viewport"]
    assert "prefers-color-scheme: dark" in page(passage("text"))


def test_space_around_a_word_is_left_white_but_a_piece_of_space_may_weigh(page):
    seen = Page(page(Passage("", ["well ", " ", "\n\nthen"], np.array([1.0, 0.5, 0.0]))))
    assert [text for text, _, _ in seen.spans] == ["well", " ", "then"]
    assert seen.texts == ["well  ⏎⏎then"]


def contrast(one, other):
    """WCAG 2.1, contrast ratio of two colours (3 numbers in [0, 1] each)."""

    def luminance(colour):
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_text_is_readable_on_every_colour(page):
    """At least 4.5, as WCAG asks, on the page by day and by night and in the picture."""
    text = page(passage("text"))
    colours = [re.findall(rf"--{name}: ([^;}}]+?)[; ]+[}}-]?", text) for name in ("paper", "ink")]
    marks = [np.array(mark.split(), float) / 255 for mark in re.findall(r"--mark: (\d+ \d+ \d+)", text)]
    schemes = [*zip(*([to_rgb(colour) for colour in both] for both in colours), marks, strict=True)]
    assert len(schemes) == 2
    for paper, ink, mark in [*schemes, ((1, 1, 1), to_rgb(figures.INK), to_rgb(figures.ORANGE))]:
        for level in np.linspace(0, 1, 11):
            alpha = level * highlight.ALPHA
            assert contrast(np.array(mark) * alpha + np.array(paper) * (1 - alpha), ink) >= 4.5


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """What stands in a picture: (column, line, text) of each word, (column, line, width, alpha) of each box."""

    def shown(passages, title="title"):
        kept = []
        monkeypatch.setattr(figures, "save", lambda figure, path: kept.append(figure))
        png(passages, title, tmp_path / "none.png")
        (axis,) = kept[0].axes
        words = [(*text.get_position(), text.get_text()) for text in axis.texts]
        boxes = [(*box.get_xy(), box.get_width(), box.get_alpha() or box.get_facecolor()[3]) for box in axis.patches]
        return words[3:], boxes[21:]  # without title and legend

    return shown


def test_boxes_lie_behind_their_words_and_are_as_strong_as_their_weights(shown):
    words, boxes = shown([Passage("heading", ["not ", "bad", ".", " Oh"], np.array([4.0, 2.0, 0.0, 1.0]))])
    assert [(column, text) for column, _, text in words] == [(0, "heading"), (0, "not"), (4, "bad."), (9, "Oh")]
    assert [(column, width, alpha / highlight.ALPHA) for column, _, width, alpha in boxes] == [
        (0, 3, pytest.approx(1)),
        (4, 3, pytest.approx(0.5)),
        (9, 2, pytest.approx(0.25)),
    ]
    assert {int(line) for _, line, _, _ in boxes} == {int(line) for _, line, _ in words[1:]}


@settings(max_examples=40)
@given(st.lists(st.integers(1, 250), max_size=60))
def test_lines_are_full_but_not_too_long(sizes):
    """Every sign stands in one line, in order; a word is broken only if no line could hold it."""
    signs = " ".join("x" * size for size in sizes)
    lines = highlight._wrapped(signs)
    assert "".join(signs[start:end] for start, end in lines) == signs
    texts = [signs[start:end].rstrip() for start, end in lines]
    assert all(len(text) <= COLUMNS for text in texts)
    for (_, end), text, following in zip(lines, texts, texts[1:], strict=False):
        if signs[end - 1] == " ":
            assert len(text) + 1 + min(len(following.split()[0]), COLUMNS) > COLUMNS or len(following) == COLUMNS
        else:
            assert len(text) == COLUMNS


@pytest.mark.parametrize(("heavy", "cut"), [(0, (False, True)), (1000, (True, True)), (1999, (True, False))])
def test_of_a_long_text_the_heaviest_lines_are_shown(shown, heavy, cut):
    weights = np.full(2000, 0.001)
    weights[heavy] = 1
    words, _ = shown([Passage("heading", [f"w{number} " for number in range(2000)], weights)])
    texts = [text for _, _, text in words[1:]]
    assert f"w{heavy}" in texts
    assert len({line for _, line, text in words[1:] if text != "…"}) == LINES
    marks = [column for column, _, text in words if text == "…"]
    assert (any(column < 0 for column in marks), any(column > 0 for column in marks)) == cut


def test_six_passages_at_most(shown):
    words, _ = shown([passage("text", heading=f"number {number}") for number in range(9)])
    assert [text for _, _, text in words if text.startswith("number")] == [f"number {number}" for number in range(6)]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("e\u0301 q\u0301", "é q"),
        ("猫\ud800", "□□"),
        ("a\n\t\u2028\xa0b", "a    b"),
        ("a\u200db\u202e", "ab"),
        ("$_{", "$_{"),
    ],
    ids=["marks", "no glyph", "blanks", "unseen", "plain"],
)
def test_what_is_drawn_instead(text, signs):
    assert drawable(text) == signs


@given(st.text())
def test_what_is_drawable_has_a_glyph_and_stays_so(text):
    signs = drawable(text)
    assert all(ord(sign) in figures._glyphs() for sign in signs)
    assert drawable(signs) == signs
    assert len(signs) <= 3 * len(text)


DRAWINGS = {
    "plain": [passage("It was not bad, not bad at all. " * 80)],
    "nasty": [passage(NASTY, heading=NASTY)],
    "long word": [passage("x" * 350 + " y")],
    "letters": [Passage("letters", list(" not bad"), np.ones(8))],
    "no pieces": [Passage("nothing", [], np.zeros(0)), Passage("empty", [""], np.ones(1))],
    "no weight": [Passage("none", ["a ", "b"], np.zeros(2))],
    "none": [],
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawn_twice_the_same_bytes(tmp_path, name):
    for file in ("one", "other"):
        png(DRAWINGS[name], NASTY, tmp_path / f"{file}.png")
        html(DRAWINGS[name], NASTY, NASTY, tmp_path / f"{file}.html")
    for kind in ("png", "html"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"other.{kind}").read_bytes()


@settings(max_examples=8)
@given(st.lists(st.text(min_size=1, max_size=40), max_size=5))
def test_any_text_can_be_drawn(tmp_path_factory, pieces):
    path = tmp_path_factory.getbasetemp() / "any.png"
    png([Passage("".join(pieces), pieces, np.ones(len(pieces)))], "".join(pieces), path)
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("write", [lambda *args: html(*args[:2], "", args[2]), png], ids=["html", "png"])
@pytest.mark.parametrize(
    "weights", [[1, 1, 1], [1, -1], [1, np.nan], [np.inf, 1]], ids=["three", "negative", "nan", "inf"]
)
def test_a_weight_for_each_piece(tmp_path, write, weights):
    with pytest.raises(ValueError, match="said so: 2 pieces need as many weights ≥ 0, not"):
        write([Passage("said so", ["a", "b"], np.array(weights, float))], "title", tmp_path / "file")
    assert not list(tmp_path.iterdir())
