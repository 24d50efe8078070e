"""A folder of images with captions recognised by its table, whose texts are sentences and not labels."""

from collections import Counter

import numpy as np

from kassandra.contracts.errors import KassandraError
from kassandra.detection.described import are_sentences, leave_out, listed
from kassandra.detection.proposal import Look, Proposal
from kassandra.inputs.images.detect.examples import ENDINGS, looked_at
from kassandra.params.inputs.images import CaptionsSource
from kassandra.sources.own.captions import UNLISTED, listing
from kassandra.sources.own.transcripts import Listing

LOOKED_AT = 100  # images
SMALL = 64  # pixels: where most images are smaller a side, their rows are read


def evidence(look: Look) -> float:
    """How likely these are images with captions, from 0 to 1; above that of images with labels."""
    found = _listed(look)
    return 1.0 if found and are_sentences(found, words=2) else 0.0


def _listed(look: Look) -> Listing | None:
    """The rows of a folder's table of captions; None where there is none."""
    source = CaptionsSource(path=str(look.path), tolerate=1.0)
    return listed(look, lambda name: name.lower().endswith(ENDINGS), lambda: listing(look.path, source, set(ENDINGS)))


def propose(look: Look) -> Proposal:
    """The section of images with captions.

    Raises:
        KassandraError: no table says what is on them.
    """
    found = _listed(look)
    if found is None:
        what = "no folder of images with a table of captions (captions.txt with image and caption)"
        raise KassandraError(f"{look.path}: {what}")
    proposal, rows = Proposal("images", "text"), found.rows
    images = {row.file: row for row in rows}
    proposal.examples = len(rows)
    refused = {why: count for why, count in found.left_out.items() if why != UNLISTED}
    leave_out(proposal, refused, len(rows), "an image")
    words = [len(row.text.split()) for row in rows]
    proposal.seen += [line.partition(": ")[2] or line for line in found.message]
    proposal.seen.append(f"{len(images):,} images, {np.mean(words):.1f} words in a caption on the mean")
    splits = Counter(row.split for row in images.values() if row.split)
    if splits.get("test"):
        proposal.splits = frozenset(splits)
    else:
        proposal.guessed.append("valid and test are drawn by image, with all its captions (valid_fraction)")
    files = list(images)
    looks = [one for file in files[:: max(1, len(files) // LOOKED_AT)] if (one := looked_at(file))]
    sides = [min(size) for size, _, _ in looks]
    if sides:
        proposal.seen.append(f"images of {min(sides)} to {max(sides)} pixels on the shorter side")
    if sides and np.median(sides) < SMALL:
        proposal.prepare |= {"scan": "rows", "size": 28}
        proposal.model |= {"variant": "bidirectional"}
        proposal.steps = 28
    else:
        proposal.source["network"] = "efficientnet-lite0"
        proposal.prepare |= {"scan": "grid"}
        proposal.model |= {"variant": "vanilla", "recurrent": False}
        proposal.steps = 49
    proposal.prepare |= {"lowercase": True, "vocab_size": 3000}
    proposal.guessed.append(
        "captions are learned and scored in lower case without marks, as is usual (lowercase, marks)"
    )
    return proposal
