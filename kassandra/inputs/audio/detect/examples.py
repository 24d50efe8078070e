"""A folder of recordings recognised by their content: their classes, rates and durations."""

from collections import Counter
from pathlib import Path

from kassandra.detection.labels import described
from kassandra.detection.proposal import Look, Proposal

LEAST = 0.3  # share of files: transcripts, or sketches of regions, may stand beside each
LOOKED_AT = 100
ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".aiff", ".aif", ".au", ".opus", ".m4a")


def evidence(look: Look) -> float:
    """How likely these are recordings with a label each, from 0 to 1."""
    if look.tree is None:
        return 0.0
    return 0.95 if len(_files(look)) >= LEAST * len(look.tree.files) else 0.0


def _files(look: Look) -> list[str]:
    """The recordings among the files of a folder."""
    return look.files_of(lambda path: rate_and_seconds(path) is not None, ENDINGS, LOOKED_AT)


def propose(look: Look) -> Proposal:
    """The section of labelled recordings.

    Raises:
        KassandraError: nothing says their labels.
    """
    tree, files = look.tree, _files(look)
    assert tree is not None
    some = files[:: max(1, len(files) // LOOKED_AT)][:LOOKED_AT]
    proposal = described(look, Proposal("audio", "label"), "recordings", files)
    rates, durations = Counter[int](), list[float]()
    for name in some if look.form == "folder" else []:
        recording = rate_and_seconds(tree.path / name)
        if recording:
            rates[recording[0]] += 1
            durations.append(recording[1])
    usual = rates.most_common(1)[0][0] if rates else 16_000
    rate = min(16_000, max(8000, usual))
    proposal.prepare["sample_rate"] = rate
    mean = sum(durations) / len(durations) if durations else 1.0
    if durations:
        each = ", ".join(f"{one:,} Hz ({count})" for one, count in rates.items())
        proposal.seen.append(f"{each}; {min(durations):.2f} to {max(durations):.2f} seconds, read at {rate:,} Hz")
    proposal.model["variant"] = "attention"
    proposal.train["batch_size"] = 16 if proposal.examples < 2000 else 32
    proposal.steps = max(1, int(mean * 100))
    return proposal


def rate_and_seconds(path: Path) -> tuple[int, float] | None:
    """Rate and seconds; None of what is no recording."""
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (RuntimeError, OSError):  # LibsndfileError is the former
        return None
    return int(info.samplerate), float(info.frames) / max(info.samplerate, 1)
