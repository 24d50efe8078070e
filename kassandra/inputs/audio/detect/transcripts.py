"""A folder of recordings with transcripts recognised by its table, whose texts are sentences and not labels."""

from collections import Counter
from pathlib import PurePosixPath

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.detection.proposal import Look, Proposal
from kassandra.detection.words import some
from kassandra.inputs.audio.detect.examples import rate_and_seconds
from kassandra.inputs.audio.train import sound_files
from kassandra.params.inputs.audio import TranscriptsSource
from kassandra.sources.own.transcripts import Listing, listing

DIFFERENT = 0.5  # share of texts that no other recording has, at least; labels come again and again
LOOKED_AT = 100  # recordings
FEW_SPEAKERS = 8  # with fewer, nobody is held out


def evidence(look: Look) -> float:
    """How likely these are recordings with a transcript each, from 0 to 1; above that of recordings with labels."""
    listed = _listed(look)
    if listed is None:
        return 0.0
    texts = [row.text for row in listed.rows]
    words = float(np.mean([len(text.split()) for text in texts]))
    return 1.0 if words > 1.5 and len(set(texts)) >= DIFFERENT * len(texts) else 0.4


def _listed(look: Look) -> Listing | None:
    """The rows of a folder's table of transcripts; None where there is none."""
    if look.form != "folder" or look.tree is None:
        return None
    if not any(PurePosixPath(name).suffix.lower() in sound_files.ENDINGS for name in look.tree.files):
        return None
    try:
        return listing(look.path, TranscriptsSource(path=str(look.path), tolerate=1.0), sound_files.ENDINGS)
    except KassandraError:
        return None


def propose(look: Look) -> Proposal:
    """The section of transcribed recordings.

    Raises:
        KassandraError: no table says what is said in them.
    """
    listed = _listed(look)
    if listed is None:
        what = "no folder of recordings with a table of transcripts (transcripts.tsv with file and text, LJSpeech's "
        raise KassandraError(f"{look.path}: {what}metadata.csv, Common Voice's train.tsv and test.tsv, Kaldi's text)")
    proposal, rows = Proposal("audio", "transcript"), listed.rows
    proposal.examples = len(rows)
    if refused := sum(listed.left_out.values()):
        proposal.source["tolerate"] = max(0.01, round(refused / (refused + len(rows)) + 0.005, 3))
        reasons = ", ".join(f"{count:,} {why}" for why, count in listed.left_out.items())
        proposal.guessed.append(f"rows without a recording or a text are left out: {reasons} (tolerate)")
    words = [len(row.text.split()) for row in rows]
    proposal.seen += [line.partition(": ")[2] for line in listed.message]
    proposal.seen.append(f"{np.mean(words):.1f} words in a transcript on the mean")
    _of_splits(listed, proposal)
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


def _of_splits(listed: Listing, proposal: Proposal) -> None:
    """Splits as they are given, or drawn by text; and who speaks."""
    splits = Counter(row.split for row in listed.rows if row.split)
    speakers = Counter(row.speaker for row in listed.rows if row.speaker)
    if splits.get("test"):
        proposal.prepare["split"], proposal.splits = "given", frozenset(splits)
    else:
        proposal.guessed.append("valid and test are drawn by text, so that no text is in two splits (split)")
    if speakers:
        named = some([f"{name} {count:,}" for name, count in speakers.most_common()])
        proposal.seen.append(f"{len(speakers):,} speakers: {named}")
        if not splits and len(speakers) >= FEW_SPEAKERS:
            proposal.guessed.append("test has voices of train; to hold some out: split: speaker, speakers: [...]")
