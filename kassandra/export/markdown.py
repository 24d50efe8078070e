"""Markdown and its YAML front matter, in which whatever comes from data is text and never markup."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

LONGEST = 200  # characters of a cell


def front_matter(values: Mapping[str, Any]) -> str:
    """What the cards of models and data sets begin with; values that are None or empty are left out."""
    kept = {key: value for key, value in values.items() if value not in (None, "", [], {})}
    return f"---\n{yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)}---\n"


def text(value: object) -> str:
    """One line in which nothing is markup, of at most 200 characters.

    >>> text("<b>a|b</b> *c*")
    '&lt;b&gt;a\\\\|b&lt;/b&gt; \\\\*c\\\\*'
    """
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())
    plain = plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_|$\[\]#~])", r"\\\1", plain)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """All rows have the keys of the first; empty of none."""
    if not rows:
        return ""
    lines = [rows[0].keys(), ["---"] * len(rows[0]), *(row.values() for row in rows)]
    return "".join(f"| {' | '.join(cell if cell == '---' else text(cell) for cell in line)} |\n" for line in lines)


def bullets(sentences: Iterable[object]) -> str:
    return "".join(f"- {text_of_sentence(one)}\n" for one in sentences)


def text_of_sentence(sentence: object) -> str:
    """As `text`, of any length."""
    return " ".join(text(word) for word in str(sentence).split())


def fenced(code: str, language: str = "") -> str:
    """A block of code; its fence is longer than any that stands in it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}\n"
