"""Which pair of an input and a target a file or folder is for: each kind says how likely it is its own."""

import re
from dataclasses import replace
from typing import Any, NoReturn

from kassandra.contracts.errors import KassandraError
from kassandra.contracts.foreign import foreign
from kassandra.contracts.kinds import part_if_any
from kassandra.contracts.section import unknown
from kassandra.detection.json_rows import SPANS
from kassandra.detection.proposal import Decided, Look, Proposal
from kassandra.detection.words import some
from kassandra.params.sections.pipeline import kinds, readers, reading
from kassandra.sources.unpack import ENDING

FAR = 0.3  # between evidence of two kinds, from which the second is none of the likely ones
# How lists of spans, or of annotations, begin in a cell.
OF_SPANS = re.compile(r"\[(\[\d+, \d+, '|\{.*('start'|'start_offset'|'result'))", re.DOTALL)
SUBTITLES = "subtitles, which are not read, as their lines do not go together by themselves"
OF_TRANSLATORS = {
    "po": "a catalogue of gettext (.po), which is not read",
    "tmx": "a translation memory (.tmx), which is not read",
    "xliff": "a file of translations (.xliff), which is not read",
    "xlf": "a file of translations (.xlf), which is not read",
    "srt": SUBTITLES,
    "vtt": SUBTITLES,
}
LEAST = 0.3  # evidence below which a kind is not proposed


def recognise(look: Look) -> Proposal:
    """The section that the likeliest kind proposes, completed by its target.

    Raises:
        KassandraError: no kind takes it for its own; or something may be read in two ways.
    """
    known = [target for target in kinds("targets") if _settings(target)]
    if look.wish.kind and look.wish.kind not in known:
        raise KassandraError(unknown("--as", "target", look.wish.kind, known))
    if kind := _translations(look):
        raise KassandraError(f"{look.path}: {kind}; write a table with a sentence and its translation in each row")
    if look.form != "folder" and (what := foreign(look.path)):
        raise KassandraError(f"{look.path}: is {what}")
    look = replace(look, wish=replace(look.wish, made=_made(known)))
    look.table  # noqa: B018 (so that it is looked at once, and not for each target)
    ranked = sorted(_evidence(look, [look.wish.kind] if look.wish.kind else known), reverse=True)
    least = 0.0 if look.wish.kind else LEAST
    likely = [one for one in ranked if one[0] > least]
    if not likely:
        _refuse(look)
    first, target, input = likely[0]
    near = [one for one in likely[1:] if first - one[0] < 0.05 and one[1] != target]
    if near:
        names = [target, *(one[1] for one in near)]
        target = look.ask("What is to be predicted?", names, target)
        input = next(one[2] for one in likely if one[1] == target)
    try:
        proposal = _proposed(look, target, input)
    except Decided:
        raise
    except KassandraError:
        sure = [one for one in likely[1:] if one[1] != target and hasattr(_settings(one[1]), "suits")
                and first - one[0] < FAR]  # fmt: skip
        if near or look.wish.kind or look.wish.target or not sure:
            raise
        proposal = _proposed(look, *sure[0][1:])  # whose answers it has looked at
    if near:
        proposal.guessed.append(f"target {target}; it may also be for {', '.join(one[1] for one in near)} (--as)")
    return proposal


def _translations(look: Look) -> str:
    """Which format of translators a file, or most files of a folder, are in, by their endings; "" of others."""
    names = [look.path.name] if look.tree is None else look.tree.files
    endings = [name.lower().rpartition(".")[2] for name in names]
    kind = max(set(endings), key=endings.count)
    known = endings.count(kind) > 0.5 * len(endings) and look.wish.kind != "next"
    return OF_TRANSLATORS.get(kind, "") if known else ""


def _settings(target: str) -> Any:
    return part_if_any("targets", target, "detect", "settings")


def _proposed(look: Look, target: str, input: str) -> Proposal:
    detect, settings = part_if_any("inputs", input, "detect", reading(input, target)), _settings(target)
    assert detect is not None
    assert settings is not None
    proposal: Proposal = detect.propose(look.for_answers(getattr(settings, "answer", None)))
    proposal.target = target
    settings.complete(proposal)
    return proposal


def _made(targets: list[str]) -> frozenset[str]:
    """What inputs can predict that is no column."""
    detects = [part_if_any("inputs", input, "detect", reading(input, target))
               for target in targets for input in readers(target)]  # fmt: skip
    return frozenset(name for detect in detects for name in getattr(detect, "MADE", ()))


def _evidence(look: Look, targets: list[str]) -> list[tuple[float, str, str]]:
    """(evidence, target, input) of all pairs that have something to say."""
    ranked = list[tuple[float, str, str]]()
    for target in targets:
        settings = _settings(target)
        of_target = look.for_answers(getattr(settings, "answer", None))
        for input in readers(target):
            detect = part_if_any("inputs", input, "detect", reading(input, target))
            if detect is not None and not _is_of_others(look, detect):
                evidence = float(detect.evidence(of_target))
                if evidence > LEAST and hasattr(settings, "suits"):
                    evidence *= _suits(settings, detect, of_target)
                ranked.append((evidence, target, input))
    return ranked


def _is_of_others(look: Look, detect: Any) -> bool:
    """Whether the user asks for what some inputs make, as the return of prices, and this one does not."""
    wanted = look.wish.target
    is_made = wanted in look.wish.made and not (look.table is not None and wanted in look.table.names)
    return is_made and wanted not in getattr(detect, "MADE", ())


def _suits(settings: Any, detect: Any, look: Look) -> float:
    """How well the answers that an input would propose suit a target, which may ask for some of a kind.

    Of a target that the user names it is never 0: what does not suit is then refused with a sentence of its own.
    """
    least = 0.01 if look.wish.kind else 0.0
    try:
        return max(least, float(settings.suits(look, detect.propose(look))))
    except KassandraError:
        return least


def _refuse(look: Look) -> NoReturn:
    """Raises: KassandraError: says what the file, or a file of the folder, is."""
    for name in _some_files(look):
        if what := foreign(look.path / name):
            raise KassandraError(f"{look.path / name}: is {what}")
    packed = [name for name in look.tree.files if ENDING.search(name)] if look.tree is not None else []
    if packed:
        raise KassandraError(
            f"{look.path}: holds archives, {some(packed)}, which are not looked into; unpack them, and name the folder"
        )
    cells = [cell for one in look.table.columns for cell in one.held[:5]] if look.table is not None else []
    if any("'choices'" in cell for cell in cells):
        raise KassandraError(f"{look.path}: an export of Label Studio; export classes of texts as JSON-MIN or CSV")
    if any(map(OF_SPANS.match, cells)):
        raise KassandraError(f"{look.path}: {SPANS}")
    as_what = f"as {look.wish.kind}" if look.wish.kind else "as anything that is known here"
    raise KassandraError(
        f"{look.path}: {_seen(look)}, which cannot be read {as_what}; expected a table of numbers in time, a table of "
        "texts and labels, pairs of texts, one long text, or a folder of images, recordings or texts"
    )


def _some_files(look: Look) -> list[str]:
    """The file itself; of a folder some."""
    if look.form == "folder" and look.tree is not None:
        return look.tree.sample(20)
    return [""] if look.form != "folder" else []


def _seen(look: Look) -> str:
    if look.table is not None:
        kinds_of = {column.name: look.table.kind(column) for column in look.table.columns[:10]}
        return f"a table of {look.table.rows:,} rows, columns " + ", ".join(
            f"{name!r} ({kind})" for name, kind in kinds_of.items()
        )
    if look.tree is not None:
        return f"a folder of {len(look.tree.files):,} files, as {look.tree.files[0]!r}"
    if look.form == "text" and look.lines and not look.lines.total:
        return "an empty file"
    known = {"binary": "a binary file", "text": "text in which nothing parts columns"}
    return known.get(look.form, f"a file of the form {look.form}")
