"""`kassandra predict`, `generate` and `translate` find the input and the target of a model by their names."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from kassandra.inference import own_files


@pytest.fixture
def model(monkeypatch):
    """Has the commands load a model of this input and target, whose answer is what it was asked; a list of them."""

    def model(input, target, command=None):
        asked = []
        loaded = SimpleNamespace(input=input, target=target, meta={})
        monkeypatch.setattr("kassandra.cli.predict.load", lambda folder, member: loaded)
        if command:
            show = ModuleType("show")
            show.COMMAND, show.show = command, lambda _, *args, **options: asked.append((*args, options))
            monkeypatch.setitem(sys.modules, f"kassandra.targets.{target}.show", show)
        return asked

    return model


def test_each_reading_has_a_reader_of_its_input(kassandra, model):
    for input, target, reading in (("images", "label", "examples"), ("series", "forecast", "table")):
        asked = model(input, target, "predict")
        assert kassandra("predict", "some/model", "a", "b", "--json").status == 0
        ((reader, given, as_json, options),) = asked
        assert reader.__name__ == f"kassandra.inputs.{input}.show.own_{reading}"
        assert (given, as_json, options) == (["a", "b"], True, {})


def test_an_input_without_a_reader_gets_paths(kassandra, model, tmp_path, monkeypatch):
    pulses = ModuleType("pulses")
    pulses.examples = None
    monkeypatch.setitem(sys.modules, "kassandra.params.inputs.pulses", pulses)
    asked = model("pulses", "label", "predict")
    assert kassandra("predict", "some/model", "a").status == 0
    assert asked[0][0] is own_files
    (tmp_path / "a").write_text("")
    assert own_files.read([str(tmp_path / "a")], {}) == ([str(tmp_path / "a")], [tmp_path / "a"])
    for given, text in (([], "predict: give one file or several"), ([f"{tmp_path}/b"], f"{tmp_path}/b: no such file")):
        with pytest.raises(Exception, match=text):
            own_files.read(given, {})


@pytest.mark.parametrize(
    ("input", "target", "arguments", "text"),
    [
        ("text", "label", ["--invert"], "--invert: is for images; this model reads text"),
        ("images", "label", ["--text", "a"], "--text: is for text; this model reads images"),
        ("audio", "label", ["--series", "a"], "--series: is for series; this model reads audio"),
        ("series", "forecast", ["--invert"], "--invert: is for images; this model reads series"),
    ],
)
def test_an_option_of_another_kind(kassandra, model, input, target, arguments, text):
    asked = model(input, target, "predict")
    done = kassandra("predict", "some/model", "a", *arguments)
    assert (done.status, done.out, done.err) == (1, "", f"Error: {text}")
    assert not asked


def test_an_option_of_this_kind(kassandra, model):
    for input, target, options in (("images", "label", {"invert": True}), ("series", "forecast", {"series": "x"})):
        asked = model(input, target, "predict")
        arguments = [f"--{name}" if value is True else f"--{name}={value}" for name, value in options.items()]
        kassandra("predict", "some/model", "a", *arguments)
        assert asked[0][-1] == options


@pytest.mark.parametrize(("target", "command"), [("label", "predict"), ("next", "generate"), ("text", "translate")])
def test_each_command_names_the_one_that_is_meant(kassandra, model, target, command):
    model("text", target)
    for other in {"predict", "generate", "translate"} - {command}:
        done = kassandra(other, "some/model")
        assert (done.status, done.out) == (1, "")
        assert done.err == f"Error: some/model: a model of target '{target}'; try `kassandra {command}`"


def test_a_target_that_does_not_say_how_it_is_printed(kassandra, model):
    model("images", "counts")
    done = kassandra("predict", "some/model", "a")
    assert done.err == (
        "Error: some/model: target 'counts' has no show.py, which says how `kassandra predict` prints its answers"
    )
