"""`kassandra translate`, with a model trained on a few hundred real sentences."""

import io
import json
import sys

import pytest

from kassandra.contracts.artifacts import read_json
from tests.untrained import save_untrained

pytestmark = pytest.mark.slow
SENTENCES = ["I am here.", "Where is my book?", "He runs."]


@pytest.fixture(scope="module")
def expected(trained_translator):
    from kassandra.inference import load

    return load(trained_translator).translate(SENTENCES)


def test_one_line_per_sentence(kassandra, trained_translator, expected):
    done = kassandra("translate", trained_translator, *SENTENCES)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [one.text for one in expected]


def test_lines_of_standard_input_stay_line_by_line(kassandra, trained_translator, expected, monkeypatch):
    lines = [SENTENCES[0], "", SENTENCES[1], "   ", *[SENTENCES[2]] * 300]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    done = kassandra("translate", trained_translator)
    assert (done.status, done.err) == (0, "")
    first, second, third = (one.text for one in expected)
    assert done.out.splitlines() == [first, "", second, "", *[third] * 300]


def test_alignments_name_every_piece_and_weigh_the_source(kassandra, trained_translator, expected):
    done = kassandra("translate", trained_translator, "--alignments", SENTENCES[0])
    one = expected[0]
    translation, head, *rows = done.out.splitlines()
    assert translation == one.text
    assert head.split() == one.source_pieces
    assert [row.split()[0] for row in rows] == one.pieces
    for row, weights in zip(rows, one.alignment, strict=True):
        shown = [0 if cell == "·" else int(cell) for cell in row.split()[1:]]
        assert shown == [round(float(weight) * 100) if weight >= 0.005 else 0 for weight in weights]


def test_json_has_all_that_is_known(kassandra, trained_translator, expected):
    done = kassandra("translate", trained_translator, "--json", "--alignments", *SENTENCES)
    for line, sentence, one in zip(done.out.splitlines(), SENTENCES, expected, strict=True):
        row = json.loads(line)
        assert (row["source"], row["translation"], row["pieces"]) == (sentence, one.text, one.pieces)
        assert row["log_probability"] == pytest.approx(one.log_probability, abs=1e-5)
        assert [len(weights) for weights in row["alignment"]] == [len(one.source_pieces)] * len(one.pieces)
        assert [sum(weights) for weights in row["alignment"]] == pytest.approx([1] * len(one.pieces), abs=0.01)
    assert "alignment" not in json.loads(kassandra("translate", trained_translator, "--json", SENTENCES[0]).out)


def test_the_beam_decides_as_in_python(kassandra, trained_translator):
    from kassandra.inference import load

    greedy = load(trained_translator).translate(SENTENCES, beam=1)
    done = kassandra("translate", trained_translator, "--beam", 1, *SENTENCES)
    assert done.out.splitlines() == [one.text for one in greedy]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--beam", "0", "Hi."], "expected beam ≥ 1 and 0 ≤ length_penalty < ∞, got 0 and 0.6"),
        (["--length-penalty", "-1", "Hi."], "expected beam ≥ 1 and 0 ≤ length_penalty < ∞, got 5 and -1"),
        ([" "], "translate: expected a sentence, got ' '"),
    ],
)
def test_a_mistake_is_one_sentence(kassandra, trained_translator, arguments, text):
    done = kassandra("translate", trained_translator, *arguments)
    assert (done.status, done.out, done.err) == (1, "", f"Error: {text}")


def test_what_is_not_utf_8_is_named_by_its_line(kassandra, trained_translator, monkeypatch):
    content = b"Hi.\n\nCaf\xe9.\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))
    done = kassandra("translate", trained_translator)
    assert (done.status, done.out) == (1, "")
    assert done.err == "Error: line 3: not UTF-8; convert it, as by `iconv -f LATIN1 -t UTF-8`"
    done = kassandra("translate", trained_translator, "a" * 10_001)
    assert done.err == "Error: text 1: 10,001 characters, more than 10,000; give it in parts, a line each"


def test_no_weight_is_cut_off_however_long_the_sentence(kassandra, trained_translator):
    done = kassandra("translate", trained_translator, "--alignments", " ".join(["We", "go", "home"] * 20))
    rows = done.out.splitlines()[1:]
    assert "…" not in done.out
    assert len({len(row) for row in rows[1:]}) == 1  # a line each, none of them wrapped
    assert len(rows[0]) > 120


def test_an_output_that_lacks_a_character_is_one_sentence(kassandra, trained_translator, monkeypatch):
    from kassandra.targets.text import show as translate

    monkeypatch.setattr(translate, "_print", lambda *args: "\udce9".encode(sys.stdout.encoding))
    done = kassandra("translate", trained_translator, "Hi.")
    assert done.err.startswith("Error: the output is in ")
    assert done.err.endswith(", which has no '\\udce9'; set PYTHONIOENCODING=utf-8")


def test_without_attention_there_is_no_alignment(kassandra, prepared_tatoeba, tmp_path):
    meta, model = read_json(prepared_tatoeba / "meta.json"), {"decoder": {"attention": "none"}, "embedding_size": 5}
    folder = save_untrained(tmp_path / "model", "text", "text", meta, **model)
    done = kassandra("translate", folder, "--alignments", "Hi.")
    assert (done.status, done.err) == (
        1, "Error: --alignments: this model has no attention (model.decoder.attention: none)"
    )  # fmt: skip
    assert kassandra("translate", folder, "Hi.").status == 0
