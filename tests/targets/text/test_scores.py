"""BLEU and chrF: sacrebleu's own numbers, resampled in pairs, with what they were computed by and what to beware of."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from kassandra.judging.intervals import Estimate
from kassandra.judging.judge import contents
from kassandra.targets.text.evaluate.scores import Hypotheses, cautions, corpus_bleu, corpus_chrf, ngrams, score
from kassandra.vocabulary.languages import bleu_tokenizer

WORDS = [
    "A",
    "a",
    "the",
    "The",
    "man",
    "dog's",
    "runs,",
    "snow-covered",
    "über",
    "l'été",
    "3.5",
    "$2",
    "field",
    ".",
    "!",
]
META = {"languages": {"source": "de", "target": "en"}, "lowercase": False}
SENTENCE = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
# A translation and its references, of which there is a different number from sentence to sentence.
CORPUS = st.lists(st.tuples(SENTENCE, st.lists(SENTENCE, min_size=1, max_size=3)), min_size=1, max_size=12)


def made(sentences=60, seed=0, wrong=0.3):
    """Hypotheses of which every word may be wrong, and one to three references each."""
    draw = random.Random(seed)
    references = [[" ".join(draw.choices(WORDS, k=draw.randint(4, 12)))] for _ in range(sentences)]
    hypotheses = [
        " ".join(draw.choice(WORDS) if draw.random() < wrong else w for w in r.split()) for (r,) in references
    ]
    for several in references:
        several += [" ".join(draw.choices(WORDS, k=6)) for _ in range(draw.randint(0, 2))]
    return hypotheses, references


def streams(references):
    """As sacrebleu takes them: one list for all first references, one for all second ones, None where there is none."""
    longest = max(map(len, references))
    return [[several[n] if n < len(several) else None for several in references] for n in range(longest)]


def scored(hypotheses, references, greedy=None, baselines=None, **meta):
    return score_of(Hypotheses(hypotheses, greedy or hypotheses), references, baselines or {}, META | meta, 0)


def score_of(hypotheses, *rest):
    rows = [f"sentence {row}" for row in range(len(hypotheses.beam))]
    done = score(rows, rows, [hypotheses], *rest)
    return SimpleNamespace(report=done.report, table=done.tables[0], baselines=done.baselines)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(CORPUS, st.sampled_from(["13a", "char", "zh"]), st.booleans())
def test_bleu_of_summed_counts_is_that_of_sacrebleu(corpus, tokens, lowercase):
    hypotheses, references = zip(*corpus, strict=True)
    expected = BLEU(lowercase, tokenize=tokens).corpus_score(hypotheses, streams(references)).score
    got = corpus_bleu(ngrams(hypotheses, references, tokens, lowercase).sum(0))
    assert got == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("language", ["en", "zh", "ja"])
@pytest.mark.slow
def test_every_score_is_that_of_sacrebleu_and_has_its_signature(language):
    (hypotheses, references), (greedy, _) = made(), made(wrong=0.5)
    report = scored(hypotheses, references, greedy, languages={"source": "de", "target": language}).report
    for name, output, metric, title in (
        ("bleu", hypotheses, BLEU(tokenize=bleu_tokenizer(language)), "BLEU"),
        ("bleu_greedy", greedy, BLEU(tokenize=bleu_tokenizer(language)), "BLEU"),
        ("bleu_lowercase", hypotheses, BLEU(True, tokenize=bleu_tokenizer(language)), "BLEU"),
        ("bleu_lowercase_greedy", greedy, BLEU(True, tokenize=bleu_tokenizer(language)), "BLEU"),
        ("chrf", hypotheses, CHRF(), "chrF2"),
    ):
        expected = metric.corpus_score(output, streams(references))
        assert report.scores[name].value == pytest.approx(expected.score, abs=1e-9)
        assert report.signatures[name] == f"{title}|{metric.get_signature().format()}"
        assert "nrefs:var" in report.signatures[name]
    assert list(report.scores) == list(report.signatures)
    assert f"tok:{ {'en': '13a', 'zh': 'zh', 'ja': 'char'}[language] }" in report.signatures["bleu"]


def test_of_each_sentence_chrf_is_that_of_sacrebleu():
    hypotheses, references = made()
    alone = [CHRF().sentence_score(text, several).score for text, several in zip(hypotheses, references, strict=True)]
    np.testing.assert_allclose(
        corpus_chrf(np.array(scored(hypotheses, references).table["chrf"].tolist())), alone, atol=1e-9
    )


def test_what_a_reference_says_is_perfect():
    _, references = made()
    report = scored([several[-1] for several in references], references).report
    for got in report.scores.values():
        assert (got.value, got.high) == pytest.approx((100, 100), abs=1e-9)
        assert 90 < got.low < 100  # of other sentences
    assert not report.cautions


@pytest.mark.slow
def test_the_order_of_sentences_does_not_matter():
    hypotheses, references = made()
    order = np.random.default_rng(0).permutation(len(hypotheses))
    mixed = scored([hypotheses[row] for row in order], [references[row] for row in order]).report
    for name, got in scored(hypotheses, references).report.scores.items():
        assert mixed.scores[name].value == pytest.approx(got.value, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(CORPUS, SENTENCE)
def test_another_reference_takes_no_match_away(corpus, other):
    hypotheses, references = zip(*corpus, strict=True)
    fewer, more = (
        ngrams(hypotheses, each, "13a") for each in (references, [[*several, other] for several in references])
    )
    assert (more[:, :4] >= fewer[:, :4]).all()
    assert (more[:, 4:9] == fewer[:, 4:9]).all()  # of the hypothesis alone


def test_against_itself_a_system_gains_exactly_nothing():
    hypotheses, references = made()
    baselines = {"same": hypotheses, "worse": made(wrong=0.6)[0]}
    report = scored(hypotheses, references, greedy=made(wrong=0.5)[0], baselines=baselines).report
    assert report.gains["same"] == Estimate(0.0, 0.0, 0.0)
    assert report.baselines["same"] == report.scores["bleu"]
    gain = report.gains["worse"]
    assert gain.value == report.scores["bleu"].value - report.baselines["worse"].value
    assert 0 < gain.low < gain.value < gain.high


@pytest.mark.slow
def test_gains_are_paired():
    """Two systems that fail at the same sentences differ by less than each of them varies."""
    _, references = made(200)
    draw = random.Random(1)
    good = [several[0] if draw.random() < 0.5 else "nothing of it" for several in references]
    other = [text if draw.random() < 0.97 else "nothing of it" for text in good]
    report = scored(good, references, baselines={"other": other}).report
    widths = [got.high - got.low for got in (report.gains["other"], report.scores["bleu"], report.baselines["other"])]
    assert widths[0] < 0.5 * min(widths[1:])


@pytest.mark.slow
def test_intervals_are_as_wide_as_those_of_sacrebleu():
    hypotheses, references = made(300)
    report = scored(hypotheses, references).report
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        theirs, ours = metric.corpus_score(hypotheses, streams(references), n_bootstrap=1000), report.scores[name]
        assert (ours.high - ours.low) / 2 == pytest.approx(theirs._ci, rel=0.1)


@pytest.mark.slow
def test_no_seed_changes_an_interval():
    hypotheses, references = made()
    one, other = (
        score_of(Hypotheses(hypotheses, hypotheses), references, {}, META, seed).report.scores for seed in (0, 1)
    )
    assert one == other


@pytest.mark.slow
def test_headline_units_and_file():
    hypotheses, references = made()
    report = scored(hypotheses, references, baselines={"one": hypotheses, "two": [""] * 60}).report
    file = contents(report, 5, {}, {})
    assert (report.headline.name, report.units) == ("bleu", 60)
    assert file["baseline_bleu"] == file["bleu"]  # the best of them is as good
    assert file["signatures"][0] == f"bleu: {report.signatures['bleu']}"
    assert [line.split(": ")[0] for line in file["signatures"]] == list(report.scores)


@pytest.mark.parametrize(
    ("language", "name"),
    [("de", "13a"), ("zh", "zh"), ("ZH-tw", "zh"), ("cmn", "zh"), ("ja", "char"), ("kor", "char"), (None, "13a")],
)
def test_tokenizer_of_a_target_language(language, name):
    assert bleu_tokenizer(language) == name


def test_languages_without_spaces_are_not_counted_by_the_sentence():
    """13a takes such a sentence for one word."""
    for language in ("zh", "ja"):
        assert ngrams(["我们去公园玩"], [["我们去公园"]], bleu_tokenizer(language)).tolist() == [
            [5, 4, 3, 2, 6, 5, 4, 3, 6, 5]
        ]


def cautioned(hypotheses, references, lowercase=False, language="en"):
    return cautions(hypotheses, references, ngrams(hypotheses, references, "13a").sum(0), lowercase, language)


def test_nothing_to_warn_of():
    """A translation that ends in " ." may be so bad; and a few references may."""
    assert cautioned(["A man runs fast ."] * 20, [["A man is running."]] * 18 + [["He runs ."]] * 2) == ()


def test_cautions_have_figures():
    references = [["a man runs through the field"]] * 20
    full = [several[0] for several in references]
    assert cautioned([*full[:18], "", " "], references) == (
        "2 of 20 translations are empty.",
        "Translations are short, 108 tokens where references have 120: the brevity penalty takes 11% of BLEU.",
    )
    assert cautioned([*full[:19], "a <unk> runs through the field"], references) == (
        "1 of 20 translations hold <unk>, which is no word.",
    )
    (short,) = cautioned(["a man runs"] * 20, references)
    assert (
        short == "Translations are short, 60 tokens where references have 120: the brevity penalty takes 63% of BLEU."
    )
    assert "the brevity penalty takes 100% of BLEU." in cautioned([""] * 20, references)[1]
    assert cautioned(["a man runs through the field and"] * 20, references) == ()  # longer costs no penalty
    (lowered,) = cautioned(full, references, lowercase=True)
    assert lowered.endswith("read `bleu_lowercase`. Baselines that copy text keep its capitals.")
    (split,) = cautioned(["it runs ."] * 20, [["it runs ."]] * 20)
    assert split.startswith('20 of 20 references end in " .", as text does that was split into tokens')


def test_a_language_without_spaces_that_is_not_named_is_reported():
    """Of which 13a takes a sentence for one word, and BLEU is 0."""
    chinese = ["我们今天去公园玩了"] * 20
    (unnamed,) = cautioned(chinese, [[text] for text in chinese], language="target")
    assert unnamed.startswith("References are written without spaces, and 'target' is not known to be")
    assert cautioned(chinese, [[text] for text in chinese], language="zh") == ()


def test_nothing_at_all_is_scored_too():
    report = scored([""] * 5, [["a man runs"]] * 5).report
    assert all(value == low == 0 < high for value, low, high in report.scores.values())


def test_two_decimals_of_what_is_of_a_hundred():
    got = Estimate(35.1234, 33.9, 36.2)
    assert (got.text(least=2), got.text("+", least=2)) == ("35.12 [33.90, 36.20]", "+35.12 [+33.90, +36.20]")
    assert Estimate(0.48, 0.4791, 0.4809).text(least=2) == "0.4800 [0.4791, 0.4809]"
    assert got.text() == "35.1234 [33.9000, 36.2000]"
