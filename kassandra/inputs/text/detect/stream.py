"""One long text recognised, or a folder of texts that follow on one another."""

from collections import Counter
from pathlib import PurePosixPath

from kassandra.detection.content import form_of, lines_of
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some

NO_PROSE = {".csv", ".tsv", ".tab", ".psv", ".dat", ".json", ".jsonl", ".ndjson", ".xml", ".xls"}
WORDS_FROM = 20_000_000  # characters of a text that is read as words


def evidence(look: Look) -> float:
    """How likely this is a text to continue, from 0 to 1."""
    if look.form == "text":
        if look.lines is None or not look.lines.total:
            return 0.0
        return 0.1 if look.table or look.path.suffix.lower() in NO_PROSE else 0.6
    tree = look.tree
    if look.form != "folder" or tree is None or look.table:
        return 0.0
    files = tree.sample(20)
    texts = [PurePosixPath(name).suffix.lower() in (".txt", "", ".text", ".md", ".tokens", ".raw") for name in files]
    sure = 0.5 if tree.depth == 0 else 0.35  # in folders, which are likelier to be labels
    return sure if all(texts) and all(form_of(tree.path / name) == "text" for name in files) else 0.0


def propose(look: Look) -> Proposal:
    """The section of a text; its characters are the tokens, of a very long one its words."""
    proposal = Proposal("text", "next")
    paths = (
        [look.path] if look.form != "folder" or look.tree is None else [look.path / name for name in look.tree.files]
    )
    read = [lines_of(path, look.wish.asked.encoding) for path in paths]
    encodings = Counter(lines.encoding for lines in read if lines.encoding)
    if encodings:
        encoding = encodings.most_common(1)[0][0]
        proposal.source["encoding"] = encoding
        example = next(lines.garbled for lines in read if lines.encoding)
        proposal.guessed.append(f"not UTF-8: {encoding}, as {example!r}")
    size, total = sum(lines.size for lines in read), sum(lines.total for lines in read)
    proposal.seen.append(
        f"{len(paths)} files of text: {some([path.name for path in paths])}" if len(paths) > 1 else "one text"
    )
    proposal.seen.append(f"{size:,} bytes in {total:,} lines")
    tokens = "words" if size > WORDS_FROM else "characters"
    proposal.prepare["tokens"] = tokens
    proposal.prepare |= {"vocab_size": 30_000} if tokens == "words" else {}
    proposal.model["variant"] = "vanilla"
    proposal.examples = size // 6 if tokens == "words" else size
    window = 100 if proposal.examples > 200_000 else 32
    proposal.train |= {"window": window, "batch_size": max(1, min(32, proposal.examples // (window * 40)))}
    proposal.steps = window
    proposal.rows = [{"text": line[:70]} for line in read[0].first if line.strip()][:5]
    return proposal
