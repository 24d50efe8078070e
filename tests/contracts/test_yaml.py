"""YAML as version 1.2 has it: what DVC writes is read as it was meant, and what is no YAML is refused by a sentence."""

import io
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kassandra.contracts import yaml
from kassandra.contracts.errors import KassandraError

PLAIN = {
    "1e-05": 1e-05,
    "-1.5E3": -1500.0,
    ".5": 0.5,
    "1.": 1.0,
    "017": 17,
    "0o17": 15,
    "0x1F": 31,
    "+3": 3,
    "-.inf": -math.inf,
    "true": True,
    "FALSE": False,
    "~": None,
    "Null": None,
    "": None,
    # None of these is what YAML 1.1 takes it for.
    "no": "no",
    "on": "on",
    "yes": "yes",
    "tRUE": "tRUE",
    "1_000": "1_000",
    "0b1": "0b1",
    "-0x1": "-0x1",
    "1:30": "1:30",
    "2026-11-25": "2026-11-25",
    "2026-11-25 10:00:00": "2026-11-25 10:00:00",
    "=": "=",
    "1e": "1e",
    ".": ".",
    "-inf": "-inf",
    # Quotes and tags say that it is a text.
    "'1'": "1",
    '"~"': "~",
    "!!str 1": "1",
    "!!float 1": 1.0,
    "!!int '1'": 1,
    # Shared sections, the own key first.
    "{<<: {a: 1, b: 2}, a: 3}": {"a": 3, "b": 2},
    "{<<: [{a: 1}, {a: 2, b: 2}]}": {"a": 1, "b": 2},
    "[&a {b: 1}, *a, <<, '<<']": [{"b": 1}, {"b": 1}, "<<", "<<"],
    '{"<<": 1}': {"<<": 1},
}


@pytest.mark.parametrize("text", PLAIN)
def test_the_core_schema(text):
    (value,) = yaml.parse(f"[{text}]" if text else "- ", "here")
    assert repr(value) == repr(PLAIN[text])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("ab 017e-_.:#'\"\n~<é\t", max_size=9),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text("ab:1- ", max_size=3), inside, max_size=3),
    max_leaves=8,
)


@given(VALUES)
@pytest.mark.slow
def test_what_dvc_writes_is_read_back(value):
    text = io.StringIO()
    writer = YAML()
    writer.default_flow_style = False  # as DVC's
    writer.dump({"a": value}, text)
    assert yaml.parse(text.getvalue(), "here") == {"a": value}


BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
REFUSED = {
    "a: [": "while parsing a flow node, did not find expected node content",
    "a: 1\nb: [1, 2": r"did not find expected ',' or '\]' \(line",
    "a: \0": "unacceptable character",
    "a: \ud800": "surrogates not allowed",
    "a: 1\n'a': 2": r"key 'a' stands twice \(line 2\)$",
    "{1: a, 1: b}": r"key '1' stands twice",
    "{<<: {}, <<: {}}": r"key '<<' stands twice",
    "{<<: 3}": r"expected a mapping or list of mappings for merging, but found scalar \(line 1\)$",
    "? [a]\n: 1": "a key must be a word or a number",
    "a: !mine 1": "tag '!mine' is unknown here",
    "a: !!set {b, c}": "tag '.*set' is unknown here",
    "a: !!bool perhaps": "'perhaps' is no bool",
    "a: !!int true": "'true' is no int",
    "a: *nothing": r"found undefined alias \(line 1\)$",
    "a: &a [*a]": "a list or section holds itself by an alias",
    "a: &a {<<: *a}": "a list or section holds itself by an alias",
    "a: 1\n---\nb: 2": r"expected a single document in the stream, but found another document \(line 2\)$",
    "%YAML 99.9\n---\na: 1": "found incompatible YAML document",
    f"a: {'9' * 5000}": "Exceeds the limit",
    "[" * 300_000: "lists and sections are more than 100 deep",
    "{a: " * 50_000: "lists and sections are more than 100 deep",
    "? " * 50_000: "lists and sections are more than 100 deep",
    BOMB: "aliases make it larger than 10,000,000 characters",
    f"a: &a {'x' * 10_000}\nb: [{', '.join(['*a'] * 1100)}]": "aliases make it larger",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:20]))
def test_what_is_refused(text):
    began = time.process_time()
    with pytest.raises(KassandraError, match=f"^here: not valid YAML: .*{REFUSED[text]}"):
        yaml.parse(text, "here")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("date", ["2026-11-25", "2026-1-5", "2026-11-25T10:00:00Z"])
def test_a_date_that_dvc_would_refuse(date):
    with pytest.raises(KassandraError, match=f"write '{date}' in quotes; DVC takes no date without them"):
        yaml.parse(f"a: {date}", "here", for_dvc=True)
    assert yaml.parse(f"a: '{date}'\nb: 2026", "here", for_dvc=True) == {"a": date, "b": 2026}


def test_files(tmp_path):
    path = tmp_path / "some.yaml"
    with pytest.raises(KassandraError, match=r"some.yaml: no such file$"):
        yaml.read(path)
    with pytest.raises(KassandraError, match=r"some.yaml: no such file; write one$"):
        yaml.read(path, "write one")
    with pytest.raises(KassandraError, match=r": cannot be read: Is a directory$"):
        yaml.read(tmp_path)
    path.write_bytes(b"\xef\xbb\xbfa: gr\xc3\xb6\xc3\x9fer\r\nb: 1\r\n")
    assert yaml.read(path) == {"a": "größer", "b": 1}
    with pytest.raises(KassandraError, match=r"some.yaml: too large: expected at most 10 bytes of such a file$"):
        yaml.read(path, largest=10)
    path.write_bytes("a: größer".encode("latin-1"))
    with pytest.raises(KassandraError, match=r"some.yaml: not valid YAML: byte 5 is not UTF-8; save it as UTF-8$"):
        yaml.read(path)
    path.write_bytes(b"")
    assert yaml.read(path) is None
