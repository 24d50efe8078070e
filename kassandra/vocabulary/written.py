"""The form in which texts are written and scored, where case and marks do not matter."""

import re
import unicodedata

# A mark stays where it joins two letters: don't, peut-être.
MARKS = re.compile(r"(?<!\w)['’-]|['’-](?!\w)|[^\w\s'’-]|_")


def written_form(text: str, lowercase: bool, marks: bool) -> str:
    """A text as it is learned and scored.

    >>> written_form("„Don't“ – said  Žofie.", lowercase=True, marks=False)
    "don't said žofie"
    """
    form = unicodedata.normalize("NFKC", text)
    form = form.lower() if lowercase else form
    return " ".join((form if marks else MARKS.sub(" ", form)).split())
