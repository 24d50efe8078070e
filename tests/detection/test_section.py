"""A section as text is the section again, whatever strangers wrote into their files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassandra.contracts import yaml
from kassandra.detection.section import text_of

TEXTS = st.text(max_size=20)


@pytest.mark.slow
@given(st.lists(TEXTS, max_size=3), TEXTS, st.lists(TEXTS, max_size=3))
def test_what_is_written_is_what_is_read(names, path, comments):
    section = {
        "input": "series", "target": "forecast", "source": {"path": path, "features": names, "skip_rows": 2},
        "prepare": {"window": 3}, "model": {"variant": "vanilla"}, "train": {"learning_rate": 0.003, "shuffle": True},
    }  # fmt: skip
    text = text_of("mine", section, comments, comments, "about a minute")
    assert yaml.parse(text, "text") == {"mine": section}
