"""`kassandra generate`, with a model trained on real plays."""

import pytest

from kassandra.contracts.artifacts import read_json
from kassandra.contracts.spec import ModelSpec
from tests.untrained import save_untrained

pytestmark = pytest.mark.slow


def test_the_prompt_and_what_follows(kassandra, trained_writer):
    from kassandra.inference import load

    keys = {"temperature": 0.5, "top_p": 0.9, "seed": 3}
    expected = "".join(load(trained_writer).write("ROMEO:\n", 40, **keys))
    done = kassandra(
        "generate", trained_writer, "--prompt", "ROMEO:\\n", "--length", 40,
        "--temperature", 0.5, "--top-p", 0.9, "--seed", 3,
    )  # fmt: skip
    assert (done.status, done.err) == (0, "")
    assert done.out == f"ROMEO:\n{expected}\n"


def test_the_seed_decides(kassandra, trained_writer):
    one, same, other = (
        kassandra("generate", trained_writer, "--length", 60, "--seed", seed).out for seed in (1, 1, 2)
    )  # fmt: skip
    assert one == same != other
    assert len(one) == 60 + 1  # without a prompt it begins on a new line, which is not shown


def test_how_much_is_written(kassandra, trained_writer):
    done = kassandra("generate", trained_writer, "--prompt", "The", "--length", 5)
    assert len(done.out) == len("The") + 5 + len("\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--temperature", "-1"], "expected 0 ≤ temperature < ∞, 0 < top_p ≤ 1 and length ≥ 1, got -1, 0.95 and 500"),
        (["--top-p", "0"], "expected 0 ≤ temperature < ∞, 0 < top_p ≤ 1 and length ≥ 1, got 0.8, 0 and 500"),
        (["--length", "0"], "expected 0 ≤ temperature < ∞, 0 < top_p ≤ 1 and length ≥ 1, got 0.8, 0.95 and 0"),
        (["--prompt", "€"], "prompt: no characters of the vocabulary in '€'; try ' '"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(kassandra, trained_writer, arguments, text):
    done = kassandra("generate", trained_writer, *arguments)
    assert (done.status, done.out, done.err) == (1, "", f"Error: {text}")


def test_no_folder(kassandra, tmp_path):
    done = kassandra("generate", tmp_path / "none")
    assert done.err.startswith(f"Error: {tmp_path}/none: no such folder; ")


@pytest.fixture
def untrained(tmp_path, prepared_shakespeare):
    """A model that has learned nothing, of some vocabulary."""

    def untrained(tokens, vocabulary):
        spec = ModelSpec(len(vocabulary), vocab_size=len(vocabulary))
        meta = read_json(prepared_shakespeare / "meta.json")
        meta |= {"tokens": tokens, "vocabulary": vocabulary, "spec": spec.to_json()}
        return save_untrained(tmp_path / "model", "text", "next", meta, embedding_size=3)

    return untrained


def test_words_are_written_with_spaces_between(kassandra, untrained):
    folder = untrained("words", ["<pad>", "<unk>", "the", "<eos>", "cat"])
    done = kassandra("generate", folder, "--length", 50, "--prompt", "the dog")  # which it does not know
    first, *rest = done.out.rstrip("\n").split("\n")
    assert first.startswith("the dog")
    words = first.removeprefix("the dog").split() + " ".join(rest).split()
    assert set(words) == {"the", "cat"}
    assert len(words) + done.out.count("\n") == 50 + 1  # the last one is not of the model
    assert kassandra("generate", folder, "--length", 5).out.startswith("the")  # no prompt: the most frequent word


def test_a_text_without_lines_needs_no_prompt_either(kassandra, untrained):
    folder = untrained("characters", ["<pad>", "<unk>", "G", "A", "T", "C"])
    done = kassandra("generate", folder, "--length", 20)
    assert (done.status, len(done.out)) == (0, 1 + 20 + 1)
    assert done.out.startswith("G")
