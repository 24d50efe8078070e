"""Evaluation on the test split of language models: how surprised they are by each token, and what they write."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kassandra.contracts.artifacts import whole
from kassandra.contracts.tables import Columns
from kassandra.judging import figures, highlight
from kassandra.judging.judge import Report, judge
from kassandra.targets.next.evaluate.predict import together
from kassandra.targets.next.evaluate.scores import RESAMPLING, SCORES, predictions

SHOWN = {"characters": 400, "words": 120}  # tokens of a stretch whose surprise is drawn
WRITTEN = {"characters": 1000, "words": 200}  # tokens of the sample


def evaluate(
    writer: Any, test: Path, show: ModuleType | None, baselines: Columns, history: pd.DataFrame, plots: Path,
    pages: Path, how: Any, seed: int,
) -> tuple[Report, list[pd.DataFrame], pd.DataFrame]:  # fmt: skip
    """Writes pictures into `plots`, pages to read into `pages`, of what all members say together; returns the scores,
    and one row per token of test: of each member, and together.

    `of_members` of a split, of the writer, are (tokens,) nats, of each token but the first; `baselines` are logarithms
    of the probability of each. `show` is not used: what a stream looks like, its tokens say.
    """
    split, meta = writer.pair.read(test), writer.meta
    each = writer.of_members(split)
    losses = together(each)  # (tokens,) nats
    others = {str(name): -column.to_numpy().astype(np.float64) for name, column in baselines.items()}
    targets, characters = np.array(split.targets[1:], np.int64), meta["characters"]["test"]
    members, table = [predictions(targets, one, characters) for one in each], predictions(targets, losses, characters)
    tables = {name: predictions(targets, one, characters) for name, one in others.items()}
    report = judge(SCORES, members, table, tables, RESAMPLING, seed)

    figures.learning_curves(history, SCORES, plots / "learning_curves.png")
    _by_rank(losses, others, targets, plots / "loss_by_rank.png")
    passages = _surprise(writer, losses, targets)
    explanation = "The stronger the colour, the less the model expected the token after all that stands before it."
    highlight.html(passages, "What surprises the model", explanation, pages / "surprise.html", "surprise")
    highlight.png(passages, "Surprise: the stronger, the less expected", plots / "surprise.png", "surprise")
    begin, length = writer.pair.target.start, WRITTEN[writer.pair.unit]
    written = "".join(writer.write(begin, length, temperature=0.8, top_p=0.95, seed=seed))
    with whole(pages / "sample.txt") as partial:
        partial.write_text(written + "\n", encoding="utf-8")
    return report, members, table


def _by_rank(
    losses: NDArray[np.float64], others: dict[str, NDArray[np.float64]], targets: NDArray[np.int64], path: Path
) -> None:
    """Nats per token by the token's rank in train: where the model gains on the best baseline."""
    best = min(others, key=lambda name: others[name].mean())
    edges = [2, 3, 5, 9, 17, 33, 65, 257, 1025, 4097, 16385, 1 << 30]
    band = np.digitize(targets, edges)  # 0: <unk>, as ids are ranks
    bands = [number for number in range(len(edges)) if (band == number).any()]
    ends = [(edges[number - 1] - 1, min(edges[number] - 2, int(targets.max()) - 1)) for number in bands if number]
    names = ["<unk>"] * (0 in bands) + [str(first) if first == last else f"{first}-{last}" for first, last in ends]
    figure = Figure(figsize=(7, 3.2))
    axis = figure.subplots()
    place = np.arange(len(bands))
    for shift, values, colour, name in ((-0.2, others[best], figures.GREY, best), (0.2, losses, figures.BLUE, "LSTM")):
        heights = [values[band == number].mean() for number in bands]
        axis.bar(place + shift, heights, 0.4, color=colour, label=f"{name}: {values.mean():.3f}")
    shares = [f"{name}\n{(band == number).mean():.0%}" for number, name in zip(bands, names, strict=True)]
    axis.set_xticks(place, shares, fontsize=8)
    axis.set(xlabel="rank of the token by frequency in train, and its share of test", ylabel="nats per token")
    axis.set_title("Loss on test by how frequent the token is")
    axis.legend(frameon=False)
    figures.save(figure, path)


def _surprise(writer: Any, losses: NDArray[np.float64], targets: NDArray[np.int64]) -> list[highlight.Passage]:
    """Three stretches of test, from its beginning, its middle and its end; a word is not cut in two."""
    length = min(SHOWN[writer.pair.unit], len(losses))
    passages = []
    for start in dict.fromkeys([0, (len(losses) - length) // 2, len(losses) - length]):
        pieces = [writer.pair.target.piece(int(token)) for token in targets[start : start + length]]
        first, last = whole_words(pieces) if writer.pair.unit == "characters" else (0, length)
        first, last = 0 if start == 0 else first, length if start + length == len(losses) else last
        chosen = losses[start + first : start + last]
        passages.append(highlight.Passage(f"{chosen.mean():.2f} nats per token", pieces[first:last], chosen))
    return passages


def whole_words(characters: list[str]) -> tuple[int, int]:
    """Start and end of what stands between the first space and the last; all of it where that is less than half.

    >>> whole_words(list("ass my daughter had an apple and a pe"))
    (4, 34)
    """
    spaces = [place for place, sign in enumerate(characters) if sign.isspace()]
    if not spaces or spaces[-1] - spaces[0] < len(characters) / 2:
        return 0, len(characters)
    return spaces[0] + 1, spaces[-1]
