"""Steps and their tags as they are shown: spans in brackets with their type, as text, and coloured on a page."""

from collections.abc import Sequence

from kassandra.contracts.spans import Span, spans

TURN = 137.508  # degrees between the hues of two types: the golden angle keeps neighbours apart
STYLE = """\
section { border-top: 1px solid var(--line); padding: .6rem 0 }
.text { margin: .2rem 0; overflow-wrap: anywhere; line-height: 2.1 }
.who { color: var(--faint); display: inline-block; min-width: 5.5rem; font-size: .875rem }
mark { color: inherit; background: hsl(var(--h) 75% 50% / .22); border-bottom: 2px solid hsl(var(--h) 65% 45%);
  border-radius: .2em; padding: .1em .25em }
mark b { font-size: .7em; font-weight: 600; margin-left: .4em; color: var(--faint) }
mark.wrong { border-bottom-style: dashed }
mark.wrong b::after { content: " ✗" }"""


def parts(steps: Sequence[str], tags: Sequence[str], are_spans: bool) -> list[tuple[str, str]]:
    """Stretches of steps and their type, "" outside of spans; plain tags are the types of their stretches.

    >>> parts(["fly", "to", "New", "York"], ["O", "O", "B-city", "I-city"], True)
    [('fly to', ''), ('New York', 'city')]
    """
    return [(" ".join(steps[span.start : span.end]), span.type) for span in stretches(tags, are_spans)]


def stretches(tags: Sequence[str], are_spans: bool) -> list[Span]:
    """All steps in order: the spans, and what is between them."""
    if not are_spans:
        starts = [step for step, tag in enumerate(tags) if not step or tag != tags[step - 1]]
        return [Span(a, b, tags[a]) for a, b in zip(starts, [*starts[1:], len(tags)], strict=True)]
    every, reached = list[Span](), 0
    for span in spans(tags):
        every += [Span(reached, span.start, "")] if span.start > reached else []
        every.append(span)
        reached = span.end
    return every + ([Span(reached, len(tags), "")] if reached < len(tags) else [])


def hue(type: str, types: Sequence[str]) -> float:
    """Degrees; the same for a type wherever it stands in a model's answers."""
    return round((types.index(type) if type in types else len(types)) * TURN % 360, 1)


def html(
    steps: Sequence[str], tags: Sequence[str], are_spans: bool, types: Sequence[str], right: Sequence[str] | None = None
) -> str:
    """One line of a page; where the `right` tags are given, spans that are not among them are marked."""
    from kassandra.judging.highlight import escaped  # here: it draws, for which a model alone has no library

    known = set(stretches(right, are_spans)) if right is not None else None
    shown = []
    for span in stretches(tags, are_spans):
        text = escaped(" ".join(steps[span.start : span.end]))
        if not span.type:
            shown.append(text)
            continue
        kind = ' class="wrong"' if known is not None and span not in known else ""
        style = f' style="--h:{hue(span.type, types)}"'
        shown.append(f"<mark{kind}{style}>{text}<b>{escaped(span.type)}</b></mark>")
    return " ".join(shown)
