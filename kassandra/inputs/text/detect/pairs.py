"""Pairs of texts recognised: a table with two columns of texts, or files that go line by line together."""

import re
from itertools import chain
from pathlib import PurePosixPath

from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.table import Column, Table, preview
from kassandra.detection.words import some
from kassandra.inputs.text.detect.line_files import LABELS

CODES = {"english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it", "portuguese": "pt",
         "dutch": "nl", "russian": "ru", "eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es",
         "ita": "it", "por": "pt", "nld": "nl", "rus": "ru", "français": "fr", "deutsch": "de"}  # fmt: skip
FREQUENT = {  # words that stand in many sentences of one language, and of no other here
    "en": {"the", "is", "you", "this", "my", "and", "it", "was"},
    "fr": {"le", "je", "est", "vous", "mon", "les", "une"},
    "de": {"der", "die", "das", "ist", "ich", "nicht", "und", "sie"},
    "es": {"el", "los", "es", "mi", "por", "una", "y"},
    "it": {"il", "che", "non", "sono", "gli", "per", "ho"},
    "pt": {"o", "não", "um", "você", "eu", "uma", "os"},
    "nl": {"het", "een", "niet", "ik", "van"},
    "ru": {"и", "в", "не", "я", "на", "что", "это"},
}  # fmt: skip
LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")
PAIR = re.compile(r"(?<![A-Za-z])([a-z]{2,3})[-_]([a-z]{2,3})(?![A-Za-z])")


def evidence(look: Look) -> float:
    """How likely these are pairs of texts, from 0 to 1."""
    if _moses(look) or (look.form == "folder" and _one_table(look)):
        return 0.9
    table = look.table
    return 0.8 if table and len(_texts(table)) == 2 else 0.0


def propose(look: Look) -> Proposal:
    """The section of pairs."""
    if files := _moses(look):
        return _of_files(look, files)
    table = look.table
    if table is None or len(_texts(table)) < 2:
        table = _one_table(look)
    assert table is not None
    first, second = _texts(table)[:2]
    proposal = Proposal("text", "text", dict(table.keys), seen=list(table.notes))
    proposal.source |= {"text": first.name, "translation": second.name}
    languages = _languages(table, [first, second])
    if languages:
        proposal.source["pair"] = languages
    proposal.guessed.append(f"from {first.name!r} into {second.name!r}" + (f", {languages}" if languages else ""))
    proposal.rows = preview(table, [table.names.index(first.name), table.names.index(second.name)])
    _settle(proposal, table.rows, first.held[:5000])
    return proposal


def _texts(table: Table) -> list[Column]:
    """Columns of texts that differ from row to row; credits and ids do not count."""
    columns = [one for one in table.columns if table.kind(one) == "text" and one.words >= 1.5]
    columns = [one for one in columns if len(one.values) > 0.2 * len(one.held)]
    credits = [one for one in columns if sum("attribution" in cell.lower() for cell in one.held[:100]) > 50]
    return [one for one in columns if one not in credits]


def _one_table(look: Look) -> Table | None:
    """Of a folder as those of manythings.org: the largest file, beside one that is about it."""
    from kassandra.detection.table import table_of

    tree = look.tree
    if tree is None or look.form != "folder" or tree.depth > 0 or len(tree.files) > 3:
        return None
    tables = [table_of(tree.path / name, look.wish.asked) for name in tree.files if not name.startswith("_")]
    good = [table for table in tables if table and len(_texts(table)) == 2]
    return good[0] if len(good) == 1 else None


def _moses(look: Look) -> dict[str, list[str]]:
    """Language → files, of files whose names differ in their last part alone; none without two languages."""
    tree = look.tree
    if tree is None or tree.depth > 0:
        return {}
    by_language: dict[str, list[str]] = {}
    for name in tree.files:
        language = PurePosixPath(name.removesuffix(".gz")).suffix[1:]
        if LANGUAGE.fullmatch(language) and language not in ("txt", "csv", "tsv", "zip", "md", "tmx", "xml"):
            by_language.setdefault(language, []).append(name)
    if by_language.keys() <= LABELS:  # rt-polarity.pos and rt-polarity.neg
        return {}
    stems = {language: sorted(file.removesuffix(".gz").rpartition(".")[0] for file in files)
             for language, files in by_language.items()}  # fmt: skip
    return (
        by_language if len(by_language) == 2 and len({tuple(some_stems) for some_stems in stems.values()}) == 1 else {}
    )


def _of_files(look: Look, files: dict[str, list[str]]) -> Proposal:
    from kassandra.detection.content import lines_of

    tree = look.tree
    assert tree is not None
    first, second = files
    wanted = next((match for match in PAIR.finditer(look.path.name) if {match[1], match[2]} == {first, second}), None)
    if wanted:
        first, second = wanted[1], wanted[2]
    proposal = Proposal("text", "text", {"pair": f"{first}-{second}"})
    proposal.seen.append(f"files that go line by line: {some(sorted(chain.from_iterable(files.values())))}")
    proposal.guessed.append(f"from {first} into {second}; {second}-{first} turns it round")
    if look.form == "folder":
        lines = {language: lines_of(tree.path / max(files[language])) for language in (first, second)}
        if encoding := lines[first].encoding or lines[second].encoding:
            proposal.source["encoding"] = encoding
            proposal.guessed.append(f"not UTF-8: {encoding}")
        both = zip(lines[first].first[:5], lines[second].first[:5], strict=False)
        proposal.rows = [{first: one, second: two} for one, two in both]
        total = sum(lines_of(tree.path / name).total for name in files[first])
        _settle(proposal, total, lines[first].first)
    else:
        _settle(proposal, 10_000, ["ten words or so in each of all these sentences here"])
    return proposal


def _languages(table: Table, columns: list[Column]) -> str | None:
    """As in `en-fr`: by the names of the columns, or of the file, or the words in them."""
    codes = [next((CODES.get(word, word) for word in re.findall(r"\w+", column.name.lower())
                   if word in CODES or word in CODES.values()), None) for column in columns]  # fmt: skip
    codes = [code or _spoken(column) for code, column in zip(codes, columns, strict=True)]
    return f"{codes[0]}-{codes[1]}" if all(codes) and codes[0] != codes[1] else None


def _spoken(column: Column) -> str | None:
    """The language of which the most frequent words stand in most of some texts; None if in few."""
    texts = [set(re.findall(r"\w+", cell.lower())) for cell in column.held[:500]]
    shares = {code: sum(bool(words & text) for text in texts) / max(len(texts), 1) for code, words in FREQUENT.items()}
    code = max(shares, key=lambda one: shares[one])
    return code if shares[code] > 0.3 else None


def _settle(proposal: Proposal, pairs: int, texts: list[str]) -> None:
    words = sum(len(text.split()) for text in texts[:2000]) / max(len(texts[:2000]), 1)
    size = 300 if pairs < 2000 else 1000 if pairs < 10_000 else 4000 if pairs < 100_000 else 16_000
    proposal.prepare |= {"vocab_size": size}
    proposal.model["variant"] = "bidirectional"
    proposal.train["batch_tokens"] = 512 if pairs < 50_000 else 1536
    proposal.examples, proposal.steps = pairs, max(2, int(words * 2.5))
