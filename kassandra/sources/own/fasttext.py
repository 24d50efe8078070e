"""Lines of text with their labels among the words, as `__label__spam` (Joulin et al. 2016)."""

import re

LABEL = re.compile(r"(?<!\S)__label__(\S+)")  # anywhere in a line, usually where it begins


def split_label(line: str) -> tuple[str, list[str]]:
    """The text of a line, and its labels.

    >>> split_label("__label__spam , __label__ad  Win a prize!")
    ('Win a prize!', ['spam', 'ad'])
    """
    return LABEL.sub(" ", line).strip(" ,\t\r\n"), LABEL.findall(line)
