"""A folder of recordings with transcripts recognised by its table, whose texts are sentences and not labels."""

from collections import Counter
from pathlib import PurePosixPath

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.detection.described import are_sentences, leave_out, listed
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some
from kassandra.inputs.audio.detect.examples import rate_and_seconds
from kassandra.inputs.audio.train import sound_files
from kassandra.params.inputs.audio import TranscriptsSource
from kassandra.sources.own.transcripts import Listing, listing

LOOKED_AT = 100  # recordings
FEW_SPEAKERS = 8  # with fewer, nobody is held out


def evidence(look: Look) -> float:
    """How likely these are recordings with a transcript each, from 0 to 1; above that of recordings with labels."""
    found = _listed(look)
    if found is None:
        return 0.0
    return 1.0 if are_sentences(found, words=1.5) else 0.4


def _listed(look: Look) -> Listing | None:
    """The rows of a folder's table of transcripts; None where there is none."""
    source = TranscriptsSource(path=str(look.path), tolerate=1.0)
    return listed(
        look, lambda name: PurePosixPath(name).suffix.lower() in sound_files.ENDINGS,
        lambda: listing(look.path, source, sound_files.ENDINGS),
    )  # fmt: skip


def propose(look: Look) -> Proposal:
    """The section of transcribed recordings.

    Raises:
        KassandraError: no table says what is said in them.
    """
    found = _listed(look)
    if found is None:
        what = "no folder of recordings with a table of transcripts (transcripts.tsv with file and text, LJSpeech's "
        raise KassandraError(f"{look.path}: {what}metadata.csv, Common Voice's train.tsv and test.tsv, Kaldi's text)")
    proposal, rows = Proposal("audio", "transcript"), found.rows
    proposal.examples = len(rows)
    leave_out(proposal, found.left_out, len(rows), "a recording")
    words = [len(row.text.split()) for row in rows]
    proposal.seen += [line.partition(": ")[2] for line in found.message]
    proposal.seen.append(f"{np.mean(words):.1f} words in a transcript on the mean")
    _of_splits(found, proposal)
    looked = [one for row in rows[:: max(1, len(rows) // LOOKED_AT)] if (one := rate_and_seconds(row.file))]
    rates, seconds = Counter(rate for rate, _ in looked), [length for _, length in looked]
    proposal.prepare["sample_rate"] = min(16_000, max(8000, rates.most_common(1)[0][0])) if rates else 16_000
    if looked:
        each = ", ".join(f"{rate:,} Hz ({count})" for rate, count in rates.most_common())
        hours = float(np.mean(seconds)) * len(rows) / 3600
        proposal.seen.append(f"{each}; {min(seconds):.1f} to {max(seconds):.1f} seconds, about {hours:.1f} hours")
    proposal.train |= {"batch_size": 16}
    proposal.steps = max(1, int((float(np.mean(seconds)) if seconds else 3.0) * 33))
    return proposal


def _of_splits(found: Listing, proposal: Proposal) -> None:
    """Splits as they are given, or drawn by text; and who speaks."""
    splits = Counter(row.split for row in found.rows if row.split)
    speakers = Counter(row.speaker for row in found.rows if row.speaker)
    if splits.get("test"):
        proposal.prepare["split"], proposal.splits = "given", frozenset(splits)
    else:
        proposal.guessed.append("valid and test are drawn by text, so that no text is in two splits (split)")
    if speakers:
        named = some([f"{name} {count:,}" for name, count in speakers.most_common()])
        proposal.seen.append(f"{len(speakers):,} speakers: {named}")
        if not splits and len(speakers) >= FEW_SPEAKERS:
            proposal.guessed.append("test has voices of train; to hold some out: split: speaker, speakers: [...]")
