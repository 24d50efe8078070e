"""BLEU and chrF of translations and captions, by the counts of the library `sacrebleu`.

Both are functions of sums over sentences. What each sentence adds is counted once, and stands in the table of
predictions, so that two models can be compared without the references.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from kassandra.judging.judge import Report, judge
from kassandra.judging.resampling import Rows
from kassandra.judging.score import Numbers, Score
from kassandra.targets.text.train.target import are_captions
from kassandra.vocabulary.languages import UNSPACED_SIGNS, bleu_tokenizer

ORDER = 4  # tokens of the longest n-grams of BLEU
BETA = 2  # of chrF: recall counts twice as much as precision
PENALTY = 0.9  # brevity penalties below it are worth a caution
SPLIT = 0.1  # share of references that end in " .", above which they are taken for text that was split into tokens
UNSPACED = 0.1  # share of signs that stand for words or parts of words, above which text is taken for unspaced
KEYS = ["example"]
RESAMPLING = Rows()
SHORT = {f"bleu_{order}": order for order in range(1, ORDER)}  # as is usual of captions, beside BLEU-4; of no others

Texts = Sequence[str]  # one per sentence
References = Sequence[Texts]  # of each sentence one or more
Counts = NDArray[np.int64]  # see `ngrams`


def asked(table: pd.DataFrame) -> NDArray[Any]:
    """(rows,) the sentence that is translated, or which image is described."""
    return table["source"].to_numpy()


def ngrams(hypotheses: Texts, references: References, tokens: str, lowercase: bool = False) -> Counts:
    """(sentences, 10): what BLEU adds up (Papineni et al. 2002).

    Of 1 to 4 tokens, as `bleu_tokenizer` names them, the n-grams of a hypothesis that its references have (4 columns),
    and all of them (4); the tokens of the hypothesis, and those of the reference that is nearest in length.
    """
    # The order is effective where sentences are scored alone, which they are not: only the counts are taken.
    metric = BLEU(lowercase, tokenize=tokens, effective_order=True)
    scored = map(metric.sentence_score, hypotheses, references)
    rows = [[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in scored]
    return np.array(rows, np.int64).reshape(-1, 2 * ORDER + 2)


def corpus_bleu(sums: NDArray[Any]) -> Numbers:
    """In [0, 100], of (…, 10) `ngrams` added up, or fewer orders of them: the geometric mean of n-gram precisions,
    times the brevity penalty.

    An order of which nothing matched counts as half a match, the next such order as a quarter (sacrebleu's smoothing
    `exp`); where no word matched at all, or there are no n-grams of an order, BLEU is 0.

    >>> float(corpus_bleu(np.array([4.0, 3, 2, 1, 4, 3, 2, 1, 4, 4]))), float(corpus_bleu(np.zeros(10)))
    (100.0, 0.0)
    """
    order = sums.shape[-1] // 2 - 1
    correct, total = sums[..., :order], sums[..., order : 2 * order]
    hypotheses, references = sums[..., -2], sums[..., -1]
    smoothed = np.where(correct == 0, 0.5 ** np.cumsum(correct == 0, -1), correct)  # (…, order)
    defined = (correct[..., 0] > 0) & (total > 0).all(-1)
    precisions = np.log(np.where(defined[..., None], smoothed, 1) / np.where(total > 0, total, 1)).mean(-1)
    short = np.minimum(0.0, 1 - references / np.maximum(hypotheses, 1))
    return np.asarray(np.where(defined, 100 * np.exp(precisions + short), 0.0))


def of_order(counts: Counts, order: int) -> Counts:
    """Of `ngrams`, those of up to `order` tokens: what BLEU-1, BLEU-2, … add up."""
    return np.concatenate([counts[..., :order], counts[..., ORDER : ORDER + order], counts[..., -2:]], -1)


class _Chrf(CHRF):
    """Popović (2015), of n-grams of 1 to 6 characters; the sums are those that sacrebleu itself resamples."""

    def counts(self, hypotheses: Texts, streams: list[list[str | None]]) -> Counts:
        """(sentences, 18): of each order the n-grams of the hypothesis, of the best reference, and of both."""
        return np.array(self._extract_corpus_statistics(hypotheses, streams), np.int64)  # type: ignore[arg-type]


def corpus_chrf(sums: NDArray[Any]) -> Numbers:
    """In [0, 100], of (…, 18) counts added up: the F score of mean precision and recall over the orders that occur."""
    hypotheses, references, both = (np.asarray(sums[..., place::3], np.float64) for place in range(3))  # (…, 6) each
    occurs = (hypotheses > 0) & (references > 0)
    orders = np.maximum(occurs.sum(-1), 1)
    precision, recall = (
        np.where(occurs, both / np.maximum(each, 1), 0).sum(-1) / orders for each in (hypotheses, references)
    )
    weighted = BETA**2 * precision + recall
    return np.asarray(100 * (1 + BETA**2) * precision * recall / np.where(weighted > 0, weighted, 1))


def _kept(column: str) -> Callable[[pd.DataFrame], Numbers | None]:
    """The sums of a score stand in a column of lists of its name."""
    return lambda table: np.array(table[column].tolist(), np.float64) if column in table else None


SCORES = [
    Score(
        name, "higher", "of 100", 2, _kept(name), corpus_chrf if name == "chrf" else corpus_bleu, largest=100,
        on_validation="bleu_greedy" if name == "bleu" else "", depends_on=("source",),
    )
    for name in ("bleu", "bleu_greedy", "bleu_lowercase", "bleu_lowercase_greedy", "chrf", *SHORT)
]  # fmt: skip


class Hypotheses(NamedTuple):
    """What a model writes, with a beam and without one."""

    beam: Texts
    greedy: Texts


class Scored(NamedTuple):
    """tables: one row per sentence, without what the model was sure of; of each member, and last together. baselines:
    n-grams of each."""

    report: Report
    tables: list[pd.DataFrame]
    baselines: dict[str, Counts]


def score(
    examples: Sequence[str], sources: Texts, hypotheses: Sequence[Hypotheses], references: References,
    baselines: dict[str, Texts], meta: dict[str, Any], seed: int,
) -> Scored:  # fmt: skip
    """The headline is BLEU, cased, of text as it is written.

    Args:
        hypotheses: of each member and, where there are several, last what they write together.
        baselines: what others write, compared by the headline.
        meta: what prepare wrote; of it `languages`, `lowercase`, and of captions `marks`.
    """
    language, captions = meta["languages"]["target"], are_captions(meta)
    tokens, streams = bleu_tokenizer(language), [list(row) for row in zip_longest(*references)]
    chrf = _Chrf()

    def table_of(texts: Hypotheses) -> pd.DataFrame:
        counts = {
            "bleu": ngrams(texts.beam, references, tokens),
            "bleu_greedy": ngrams(texts.greedy, references, tokens),
        }
        if captions:
            counts |= {name: of_order(counts["bleu"], order) for name, order in SHORT.items()}
        else:
            counts["bleu_lowercase"] = ngrams(texts.beam, references, tokens, lowercase=True)
            counts["bleu_lowercase_greedy"] = ngrams(texts.greedy, references, tokens, lowercase=True)
        counts["chrf"] = chrf.counts(texts.beam, streams)
        written = {"example": examples, "source": sources, "hypothesis": texts.beam, "greedy": texts.greedy}
        return pd.DataFrame(written).assign(**{name: list(each) for name, each in counts.items()})

    tables = [table_of(texts) for texts in hypotheses]
    others = {name: ngrams(texts, references, tokens) for name, texts in baselines.items()}
    of_others = {name: pd.DataFrame({"bleu": list(each)}) for name, each in others.items()}
    report = judge(SCORES, tables[:-1] or tables, tables[-1], of_others, RESAMPLING, seed)
    cased, lowered = (
        f"BLEU|{BLEU(lowercase, tokenize=tokens, references=streams).get_signature()}" for lowercase in (False, True)
    )
    by_score = [cased, cased, lowered, lowered, f"chrF2|{chrf.get_signature()}", *[cased] * len(SHORT)]
    signatures = {each.name: signature for each, signature in zip(SCORES, by_score, strict=True)}
    if captions:
        signatures = {each.name: f"{signatures[each.name]}|form:{form_of(meta)}" for each in report.kinds}
    else:
        signatures = {name: signature for name, signature in signatures.items() if name not in SHORT}
    summed = np.sum(tables[-1]["bleu"].tolist(), axis=0)
    written = hypotheses[-1].beam
    if captions:
        warnings = cautions(written, references, summed, False, language, "captions")
    else:
        warnings = cautions(written, references, summed, meta["lowercase"], language)
    return Scored(replace(report, signatures=signatures, cautions=warnings), tables, others)


def form_of(meta: dict[str, Any]) -> str:
    """In which captions are scored, references and all; the same for every model of these data."""
    return f"{'lower case' if meta['lowercase'] else 'case as written'}, {'marks' if meta['marks'] else 'no marks'}"


def cautions(
    hypotheses: Texts, references: References, summed: Counts, lowercase: bool, language: str,
    what: str = "translations",
) -> tuple[str, ...]:  # fmt: skip
    """What the numbers cannot say by themselves: of `summed` (10,) n-grams of all hypotheses, whether the model was
    trained on lower-cased text while references are not, the target's language, and what they are, in the plural."""
    warnings, count = [], len(hypotheses)
    if lowercase:
        warnings.append(
            "The model writes lower case only, so that `bleu` misses every word with a capital letter: read "
            "`bleu_lowercase`. Baselines that copy text keep its capitals."
        )
    if empty := sum(not text.strip() for text in hypotheses):
        warnings.append(f"{empty:,} of {count:,} {what} are empty.")
    if unknown := sum("<unk>" in text for text in hypotheses):
        warnings.append(f"{unknown:,} of {count:,} {what} hold <unk>, which is no word.")
    length, reference = summed[-2:].tolist()
    penalty = float(np.exp(min(0.0, 1 - reference / length))) if length else 0.0
    if penalty < PENALTY:
        warnings.append(
            f"{what.capitalize()} are short, {length:,} tokens where references have {reference:,}: the brevity "
            f"penalty takes {1 - penalty:.0%} of BLEU."
        )
    texts = [text for several in references for text in several]
    if (split := sum(text.endswith(" .") for text in texts)) > SPLIT * len(texts):
        warnings.append(
            f'{split:,} of {len(texts):,} references end in " .", as text does that was split into tokens: its BLEU '
            "cannot be compared with that of text as it is written."
        )
    signs = "".join(texts)
    unspaced = len(re.findall(f"[{UNSPACED_SIGNS}]", signs))
    if bleu_tokenizer(language) == "13a" and unspaced > UNSPACED * len(signs):
        warnings.append(
            f"References are written without spaces, and {language!r} is not known to be: BLEU took whole sentences "
            "for words. Name the languages by their codes in `source.pair`, as in `en-zh`; until then read `chrf`."
        )
    return tuple(warnings)
