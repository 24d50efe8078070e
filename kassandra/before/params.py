"""params.yaml of 0.1.0, rewritten: `task:` becomes `input:` and `target:`; every other character stays."""

import re

from kassandra.before import PAIRS

# A pipeline's `task:` stands two levels deep; what follows its value on the line is a comment, or nothing.
TASK = re.compile(
    r"""^(?P<indent>[ ]{2,})task:[ ]*(?P<quote>["']?)(?P<task>\w+)(?P=quote)(?P<rest>[ ]*(#.*)?)$""", re.MULTILINE
)


def rewritten(text: str) -> tuple[str, int]:
    """The text with today's keys, and how many pipelines were changed.

    >>> rewritten("pipelines:\\n  a:\\n    task: images # digits\\n    model: {}\\n")
    ('pipelines:\\n  a:\\n    input: images # digits\\n    target: label\\n    model: {}\\n', 1)
    """

    def both(found: re.Match[str]) -> str:
        if found["task"] not in PAIRS:
            return found[0]
        input, target = PAIRS[found["task"]]
        return f"{found['indent']}input: {input}{found['rest']}\n{found['indent']}target: {target}"

    return TASK.subn(both, text)
