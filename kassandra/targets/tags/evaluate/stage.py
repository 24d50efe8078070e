"""Evaluation on the test split of models that tag each step: scores, pictures, and the worst sequences."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from kassandra.contracts.artifacts import map_arrays
from kassandra.contracts.examples import example_ids
from kassandra.contracts.spans import spans
from kassandra.contracts.tables import Columns, write_table
from kassandra.judging import class_figures, figures
from kassandra.judging.highlight import escaped, write_page
from kassandra.judging.judge import Report, judge
from kassandra.judging.score import resample
from kassandra.targets.tags.evaluate import scores, tagged_text
from kassandra.targets.tags.evaluate.figures import MOST, by_length, confusions
from kassandra.targets.tags.evaluate.predict import Outputs, Predictor

BESIDE = ("accuracy", "exact", "macro_f1")  # in which baselines are compared, whatever the headline is
UNKNOWN = 0.1  # share of tokens
SHOWN = 100  # sequences on the page
NOTHING = "(none there)"  # observed, or predicted, where the other has a span


def evaluate(
    predictor: Predictor, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame,
    plots: Path, pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, tables and pages to read into `pages`, of what all members answer together; returns
    the scores, and one row per sequence: of each member, and together.

    Args:
        show: how the input shows sequences: `in_words(test, rows)` gives the steps of some rows as texts.
        baselines: the tags that each predicts, a column each.
        how: the section `evaluate` of params.
    """
    meta, split = predictor.meta, predictor.pair.read(test)
    names = [*predictor.tags, *meta["unseen_tags"]]
    answers = split.targets
    observed = [
        [names[tag] for tag in answers.flat[a:b].tolist()]
        for a, b in zip(answers.offsets[:-1], answers.offsets[1:], strict=True)
    ]
    examples = example_ids(map_arrays(test), len(observed))
    outputs = predictor.of_members(split)
    joint = predictor.together(outputs)
    members = [table_of(predictor, examples, observed, one) for one in outputs]
    table = members[0] if len(members) == 1 else table_of(predictor, examples, observed, joint)
    headline = how.headline or ("f1" if meta["spans"] else "accuracy")
    ordered = sorted(scores.SCORES, key=lambda score: score.name != headline)
    others = {
        str(name): scores.predictions(examples, observed, column.tolist(), meta["spans"])
        for name, column in baselines.items()
    }
    report = judge(ordered, members, table, others, scores.RESAMPLING, seed, BESIDE)
    report = replace(report, cautions=tuple(cautions(meta, observed)))

    types = per_type(table, seed)
    figures.learning_curves(history, scores.SCORES, plots / "learning_curves.png")
    unit = "spans" if meta["spans"] else meta["steps"]
    title = f"{'Type' if meta['spans'] else 'Tag'} ({unit} of test)"
    class_figures.per_class(types.rename(columns={"type": "class"}), plots / "per_type.png", title)
    write_table(pages / "per_type.csv", types)
    matrix, rows = confusions(places(table, meta["spans"]), NOTHING)
    few = f" (of the {len(rows) - 2} types with most mistakes)" if len(types) > MOST else ""
    write_table(plots / "confusion.csv", class_figures.cells(matrix, rows))
    class_figures.confusion(matrix, rows, plots / "confusion.png", f"{unit} of test{few}")
    by_length(table, headline, seed, meta["steps"], plots / "by_length.png")
    if show is not None:
        _pages(show, test, table, joint, meta, pages)
    return report, members, table


def table_of(
    predictor: Predictor, examples: Sequence[str], observed: list[list[str]], outputs: Outputs
) -> pd.DataFrame:
    """Of a member, or of all."""
    place_of = {tag: place for place, tag in enumerate(predictor.tags)}
    nats, known = np.zeros(len(observed)), np.zeros(len(observed), np.int64)
    for row, (tags, each) in enumerate(zip(observed, outputs.log_probabilities, strict=True)):
        steps = [step for step, tag in enumerate(tags) if tag in place_of]  # of others nothing has a probability
        chosen = each[steps, [place_of[tags[step]] for step in steps]]
        nats[row], known[row] = -float(chosen.astype(np.float64).sum()), len(steps)
    predicted = [predictor.named(tags) for tags in outputs.tags]
    return scores.predictions(examples, observed, predicted, predictor.are_spans, nats, known)


def cautions(meta: dict[str, Any], observed: list[list[str]]) -> list[str]:
    """What whoever reads the scores should know."""
    warnings = []
    if unseen := meta["unseen_tags"]:
        warnings.append(f"{sum(unseen.values()):,} steps of test have a tag that train has not: {', '.join(unseen)}.")
    share = meta.get("unknown_tokens", {}).get("test", 0.0)
    if share > UNKNOWN:
        warnings.append(f"{share:.0%} of the {meta['steps']} of test are not in the vocabulary (<unk>).")
    if meta["spans"] and not any(spans(tags) for tags in observed):
        warnings.append("No sequence of test has a span: precision, recall and F1 say nothing.")
    return warnings


def per_type(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """type, examples, precision, recall, f1, and the interval of f1; f1 last, as `dvc plots` draws the last column."""
    (scored,) = resample([(scores.BY_TYPE, table)], scores.RESAMPLING.units(table), seed)
    assert scored
    precision, recall, f1 = scores.precision_recall_f1(scored.observed)  # (types,) each
    observed = np.split(scored.observed, 3)[2].astype(np.int64)
    _, low, high = scored.estimate
    columns = {"type": scores.types_of(table), "examples": observed, "precision": precision, "recall": recall}
    return pd.DataFrame(columns | {"f1_low": low, "f1_high": high, "f1": f1})


def places(table: pd.DataFrame, are_spans: bool) -> list[tuple[str, str]]:
    """What is observed and what is predicted at the same place: steps of plain tags; spans with the same ends, NOTHING
    standing where the other has none."""
    pairs = list[tuple[str, str]]()
    for observed, predicted in zip(table["target"], table["predicted"], strict=True):
        if not are_spans:
            pairs += zip(observed, predicted, strict=True)
            continue
        one, other = ({(span.start, span.end): span.type for span in spans(tags)} for tags in (observed, predicted))
        pairs += [(one.get(ends, NOTHING), other.get(ends, NOTHING)) for ends in sorted(one.keys() | other.keys())]
    return pairs


def mistakes(table: pd.DataFrame) -> pd.DataFrame:
    """Sequences with a wrong tag, those first whose tags the model found least probable: row, example, steps wrong and
    nats of the observed tags."""
    wrong = table[table["steps_right"] < table["steps"]]
    order = wrong["nats"].to_numpy().argsort(kind="stable")[::-1]
    columns = {"row": wrong.index, "example": wrong["example"], "steps": wrong["steps"]}
    columns |= {"wrong": wrong["steps"] - wrong["steps_right"], "nats": wrong["nats"]}
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)


def _pages(
    show: ModuleType, test: Path, table: pd.DataFrame, joint: Outputs, meta: dict[str, Any], pages: Path
) -> None:
    """mistakes.csv, and the worst sequences as observed and as predicted, coloured by type."""
    wrong = mistakes(table)
    rows = wrong["row"].to_numpy(np.intp)
    texts = show.in_words(test, rows)
    are_spans, types = meta["spans"], [name for name, _ in Counter(scores.types_of(table)).most_common()]
    both = [(list(table["target"][row]), list(table["predicted"][row])) for row in rows]
    bracketed = [
        [" ".join(f"[{text} | {kind}]" if kind else text for text, kind in tagged_text.parts(steps, tags, are_spans))
         for steps, (*each,) in zip(texts, both, strict=True) for tags in [each[which]]]
        for which in range(2)
    ]  # fmt: skip
    write_table(pages / "mistakes.csv", wrong.assign(observed=bracketed[0], predicted=bracketed[1]))
    sections = []
    for steps, (observed, predicted), example in zip(texts, both, wrong["example"].iloc[:SHOWN], strict=False):
        lines = ("observed", tagged_text.html(steps, observed, are_spans, types)), (
            "predicted", tagged_text.html(steps, predicted, are_spans, types, observed)
        )  # fmt: skip
        shown = "".join(f'<p class="text"><span class="who">{who}</span>{line}</p>' for who, line in lines)
        sections.append(f"<section><h2>{escaped(str(example))}</h2>{shown}</section>")
    right = len(table) - len(wrong)
    head = f"<p>{right:,} of {len(table):,} test sequences have every tag right. Of the others, the {len(sections)} "
    head += "whose observed tags the model found least probable; ✗ marks what was not observed.</p>"
    write_page("The worst of test", tagged_text.STYLE, head + "\n".join(sections), pages / "worst.html")
