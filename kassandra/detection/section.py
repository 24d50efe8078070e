"""A section of params.yaml as text: what was seen and guessed as comments above, then the keys."""

import json
import re
import textwrap
from typing import Any

WIDTH = 110
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}  # of YAML 1.1 too, which DVC may read


def text_of(name: str, section: dict[str, Any], seen: list[str], guessed: list[str], minutes: str) -> str:
    """As a recipe has it: comments, and the section under its name in the first column."""
    lines = []
    for line in [*seen, *(f"guessed: {one}" for one in guessed), f"training: {minutes}"]:
        lines += textwrap.wrap(
            _plain(line), WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False
        )
    lines += [f"{name}:", f"  input: {section['input']}", f"  target: {section['target']}"]
    for part in ("source", "prepare", "model", "train"):
        keys = section[part]
        short = f"  {part}: {_flow(keys)}"
        if len(short) <= WIDTH and part != "source":
            lines.append(short)
            continue
        lines.append(f"  {part}:")
        lines += [f"    {key}: {_flow(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """On one line, without what a terminal or YAML does not show."""
    return "".join(sign if sign.isprintable() else "·" for sign in " ".join(text.split()))


def _flow(value: Any) -> str:
    """A value in YAML's flow style, strings quoted where they might be anything else."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        plain = PLAIN.fullmatch(value) and value.lower() not in RESERVED
        return value if plain else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """In double quotes, with JSON's escapes, which are YAML's too; letters beyond ASCII stay as they are."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(
        sign if sign.isprintable() else f"\\U{ord(sign):08x}" if ord(sign) > 0xFFFF else f"\\u{ord(sign):04x}"
        for sign in escaped
    )
