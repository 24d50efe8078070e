"""BLEU and chrF of translations, both by the library `sacrebleu`, and by how much a model is better than the baselines.

Both are made of sums over sentences. What each sentence adds is counted once; a resample of sentences adds it up anew.
sacrebleu resamples too, but holds all resamples at once, sums in single precision, and has a seed of its own.
"""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from kassandra.judging.intervals import bootstrap
from kassandra.judging.score_file import Report
from kassandra.vocabulary.languages import UNSPACED_SIGNS, bleu_tokenizer

ORDER = 4  # tokens of the longest n-grams of BLEU
PENALTY = 0.9  # brevity penalties below it are told
SPLIT = 0.1  # share of references that end in " .", above which they are taken for text that was split into tokens
UNSPACED = 0.1  # share of signs that stand for words or parts of words, above which text is taken for unspaced

Texts = Sequence[str]  # one per sentence
References = Sequence[Texts]  # of each sentence one or more
Counts = NDArray[np.int64]  # see `ngrams`


class Scored(NamedTuple):
    """counts: of the headline, the model's; baselines: the same of each; see `ngrams`. chrf: (sentences,) of the
    headline's translations, each by itself, in [0, 100]."""

    report: Report
    counts: Counts
    baselines: dict[str, Counts]
    chrf: NDArray[np.float64]


def ngrams(hypotheses: Texts, references: References, tokens: str, lowercase: bool = False) -> Counts:
    """(sentences, 10): what BLEU adds up (Papineni et al. 2002).

    Of 1 to 4 tokens the n-grams of a hypothesis that its references have (4 columns), and all of them (4); the tokens
    of the hypothesis, and those of the reference that is nearest in length.

    Args:
        tokens: what `bleu_tokenizer` gives.
    """
    # The order is effective where sentences are scored alone, which they are not: only the counts are taken.
    metric = BLEU(lowercase, tokenize=tokens, effective_order=True)
    found = map(metric.sentence_score, hypotheses, references)
    rows = [[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in found]
    return np.array(rows, np.int64).reshape(-1, 2 * ORDER + 2)


def corpus_bleu(summed: Counts) -> float:
    """In [0, 100], of (10,) n-grams of many sentences added up."""
    *counts, length, reference = summed.tolist()
    return BLEU.compute_bleu(counts[:ORDER], counts[ORDER:], length, reference, smooth_method="exp").score


class _Chrf(CHRF):
    """Popović (2015), of n-grams of 1 to 6 characters; the sums are those that sacrebleu itself resamples."""

    def counts(self, hypotheses: Texts, streams: list[list[str | None]]) -> NDArray[np.int64]:
        """(sentences, 18): of each order the n-grams of the hypothesis, of the best reference, and of both."""
        return np.array(self._extract_corpus_statistics(hypotheses, streams), np.int64)  # type: ignore[arg-type]

    def of(self, summed: NDArray[np.int64]) -> float:
        return self._compute_score_from_stats(summed.tolist()).score


def score(
    hypotheses: Texts, greedy: Texts, references: References, baselines: dict[str, Texts], meta: dict[str, Any],
    seed: int,
) -> Scored:  # fmt: skip
    """The headline is BLEU, cased, of text as it is written; all intervals come from the same resamples of sentences.

    Args:
        hypotheses, greedy: what the model says, found by a beam and without one.
        baselines: what others say, compared by the headline.
        meta: what prepare wrote; of it `languages` and `lowercase`.
    """
    language = meta["languages"]["target"]
    tokens, streams = bleu_tokenizer(language), [list(row) for row in zip_longest(*references)]
    others = {name: ngrams(texts, references, tokens) for name, texts in baselines.items()}
    counts = {
        "bleu": ngrams(hypotheses, references, tokens),
        "bleu_greedy": ngrams(greedy, references, tokens),
        "bleu_lowercase": ngrams(hypotheses, references, tokens, lowercase=True),
        "bleu_lowercase_greedy": ngrams(greedy, references, tokens, lowercase=True),
    }
    stacked = np.stack([*counts.values(), *others.values()])  # (systems, sentences, 10)
    chrf = _Chrf()
    characters = chrf.counts(hypotheses, streams)

    def statistic(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        times = np.bincount(rows, minlength=len(hypotheses))
        bleus = np.array([corpus_bleu(summed) for summed in times @ stacked])  # (systems,)
        rest = bleus[len(counts) :]
        return np.concatenate([bleus[: len(counts)], [chrf.of(times @ characters)], rest, bleus[0] - rest])

    names = [*counts, "chrf"]
    found = bootstrap(len(hypotheses), statistic, seed)
    own, rest = found[: len(names)], found[len(names) :]
    cased, lowered = (
        f"BLEU|{BLEU(lowercase, tokenize=tokens, references=streams).get_signature()}" for lowercase in (False, True)
    )
    report = Report(
        dict(zip(names, own, strict=True)),
        dict(zip(others, rest[: len(others)], strict=True)),
        dict(zip(others, rest[len(others) :], strict=True)),
        len(hypotheses),
        max,
        signatures=dict(zip(names, [cased, cased, lowered, lowered, f"chrF2|{chrf.get_signature()}"], strict=True)),
        cautions=cautions(hypotheses, references, counts["bleu"].sum(0), meta["lowercase"], language),
    )
    return Scored(report, counts["bleu"], others, np.array([chrf.of(row) for row in characters]))


def cautions(
    hypotheses: Texts, references: References, summed: Counts, lowercase: bool, language: str
) -> tuple[str, ...]:
    """What the numbers cannot say by themselves.

    Args:
        summed: (10,) n-grams of all hypotheses.
        lowercase: whether the model was trained on lower-cased text. language: the target's.
    """
    told, count = [], len(hypotheses)
    if lowercase:
        told.append(
            "The model writes lower case only, so that `bleu` misses every word with a capital letter: read "
            "`bleu_lowercase`. Baselines that copy text keep its capitals."
        )
    if empty := sum(not text.strip() for text in hypotheses):
        told.append(f"{empty:,} of {count:,} translations are empty.")
    if unknown := sum("<unk>" in text for text in hypotheses):
        told.append(f"{unknown:,} of {count:,} translations hold <unk>, which is no word.")
    length, reference = summed[-2:].tolist()
    penalty = float(np.exp(min(0.0, 1 - reference / length))) if length else 0.0
    if penalty < PENALTY:
        told.append(
            f"Translations are short, {length:,} tokens where references have {reference:,}: the brevity penalty takes "
            f"{1 - penalty:.0%} of BLEU."
        )
    texts = [text for several in references for text in several]
    if (split := sum(text.endswith(" .") for text in texts)) > SPLIT * len(texts):
        told.append(
            f'{split:,} of {len(texts):,} references end in " .", as text does that was split into tokens: its BLEU '
            "cannot be compared with that of text as it is written."
        )
    signs = "".join(texts)
    unspaced = len(re.findall(f"[{UNSPACED_SIGNS}]", signs))
    if bleu_tokenizer(language) == "13a" and unspaced > UNSPACED * len(signs):
        told.append(
            f"References are written without spaces, and {language!r} is not known to be: BLEU took whole sentences "
            "for words. Name the languages by their codes in `source.pair`, as in `en-zh`; until then read `chrf`."
        )
    return tuple(told)
