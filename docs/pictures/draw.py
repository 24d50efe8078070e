"""The drawings of the documents, as SVG for light and dark pages → docs/pictures/{stages,variants,gates}.svg.

python docs/pictures/draw.py                     # stages and variants
python docs/pictures/draw.py data/models/imdb    # and the gates of a trained classifier of texts, at work
"""

import argparse
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

FOLDER = Path(__file__).parent
SENTENCE = "it begins badly , but i loved this wonderful film ."

STYLE = (FOLDER / "style.css").read_text(encoding="utf-8")


def svg(width: int, height: int, title: str, parts: Iterator[str]) -> str:
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    size = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    head = f'<svg {size} role="img" aria-label="{escape(title)}">'
    defined = f'<defs>{tip}<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>'
    return "\n".join([head, f"<title>{escape(title)}</title><style>{STYLE}</style>", defined, *parts, "</svg>\n"])


def text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str = "") -> str:
    """`x` and `y` are its middle."""
    left, top = x - width / 2, y - height / 2
    return f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="6" class="box {kind}"/>'


def flow(*points: tuple[float, float]) -> str:
    """An arrow through these points."""
    return f'<path class="flow" d="M{" L".join(f"{x:g} {y:g}" for x, y in points)}"/>'


def bar(x: float, bottom: float, width: float, height: float, kind: str) -> str:
    size = f'width="{width:g}" height="{height:.1f}"'
    return f'<rect x="{x:g}" y="{bottom - height:.1f}" {size} class="{kind}"/>'


def stages() -> Iterator[str]:
    """The six scripts, and the artifacts that join them."""
    places = {
        "download": (75, 110), "prepare": (235, 110), "baseline": (395, 45), "pretrain": (395, 110),
        "train": (395, 175), "evaluate": (575, 110),
    }  # fmt: skip
    says = {
        "download": "files, checked", "prepare": "splits, arrays", "baseline": "without an LSTM",
        "pretrain": "if a recipe asks", "train": "a member per seed", "evaluate": "scores, intervals",
    }  # fmt: skip
    for name, (x, y) in places.items():
        yield box(x, y, 128, 44, "work dashed" if name == "pretrain" else "work")
        yield text(x, y - 2, name, "strong")
        yield text(x, y + 14, says[name], "small")
    yield flow((139, 110), (170, 110))
    yield flow((299, 100), (315, 100), (315, 45), (330, 45))
    yield flow((299, 110), (330, 110))
    yield flow((299, 120), (315, 120), (315, 175), (330, 175))
    yield flow((395, 132), (395, 152))
    yield flow((459, 45), (485, 45), (485, 100), (510, 100))
    yield flow((459, 175), (485, 175), (485, 120), (510, 120))
    yield flow((639, 110), (668, 110))
    for x, y, path in (
        (75, 152, "data/raw"), (235, 152, "data/prepared"), (395, 16, "data/baselines"), (395, 214, "data/models"),
        (575, 152, "data/predictions"),
    ):  # fmt: skip
        yield text(x, y, path, "small mono")
    yield box(745, 110, 146, 64, "")
    yield text(745, 96, "metrics/, report", "strong")
    yield text(745, 113, "compare, predict,", "small")
    yield text(745, 128, "serve, export, explore", "small")
    yield text(
        410,
        242,
        "Each stage is a script; DVC runs those whose inputs changed and keeps every artifact by its content.",
        "small",
    )


def variants() -> Iterator[str]:
    """The four readers of a sequence, and where the summary comes from."""
    yield from _variant(0, "vanilla", ["forwards"], "last")
    yield from _variant(205, "stacked", ["forwards", "forwards"], "last")
    yield from _variant(410, "bidirectional", ["forwards", "backwards"], "ends")
    yield from _variant(615, "attention", ["forwards"], "weights")


def _variant(left: float, name: str, rows: Sequence[str], summary: str) -> Iterator[str]:
    steps, bottom = [left + 35 + 42 * step for step in range(4)], 208
    yield text(left + 100, 22, name, "strong")
    if summary == "ends":  # the inputs stand between the two directions
        heights, inputs = [bottom - 12, bottom - 96], bottom - 50
    else:
        heights, inputs = [bottom - 50] if len(rows) == 1 else [bottom - 44, bottom - 92], bottom + 4
    for step, x in enumerate(steps, 1):
        yield text(x, inputs, f"x{step}", "small")
        yield flow((x, inputs - 14), (x, heights[-1 if summary == "ends" else 0] + 15))
        if summary == "ends":
            yield flow((x, inputs + 5), (x, heights[0] - 14))
        elif len(rows) > 1:
            yield flow((x, heights[0] - 13), (x, heights[1] + 15))
    for way, y in zip(rows, heights, strict=True):
        for x in steps:
            yield box(x, y, 28, 26, way)
        for a, b in pairwise(steps):
            yield flow((a + 14, y), (b - 15, y)) if way == "forwards" else flow((b - 14, y), (a + 15, y))
    yield from _summary(left, steps, heights, summary)


def _summary(left: float, steps: Sequence[float], heights: Sequence[float], summary: str) -> Iterator[str]:
    top = 62
    if summary == "last":
        yield flow((steps[-1], heights[-1] - 13), (steps[-1], top + 13))
        yield box(steps[-1], top, 66, 24, "work")
        yield text(steps[-1], top + 5, "summary", "small")
    elif summary == "ends":
        yield flow((steps[0], heights[1] - 13), (steps[0], top + 13))
        yield flow((steps[-1] + 14, heights[0]), (left + 186, heights[0]), (left + 186, top), (left + 158, top))
        yield box(left + 86, top, 140, 24, "work")
        yield text(left + 86, top + 5, "both summaries", "small")
    else:
        for x, weight in zip(steps, (0.12, 0.55, 0.08, 0.25), strict=True):
            yield bar(x - 6, heights[0] - 20, 12, 40 * weight, "output")
            yield flow((x, heights[0] - 24 - 40 * weight), (left + 100 + (x - left - 100) * 0.4, top + 14))
        yield box(left + 100, top, 110, 24, "work")
        yield text(left + 100, top + 5, "weighted mean", "small")


def gates(folder: Path) -> tuple[int, Iterator[str]]:
    """An unrolled layer of a trained classifier of texts: gates and cell of the unit that speaks loudest."""
    import torch

    import kassandra
    from kassandra.lstm.cells import Weights, unroll

    predictor = kassandra.load(folder, member=0)
    model = predictor.models[0]
    (_, batch), *_ = predictor.pair.numbered_batches(predictor.pair.own([SENTENCE]))
    (layer,) = (part for part in model.modules() if isinstance(part, torch.nn.LSTM))
    weights = Weights(*layer.parameters())
    with torch.no_grad():
        vectors = model.embedding(batch.inputs)  # (1, time, size)
        outputs, _ = unroll("lstm", weights, vectors)  # (1, time, hidden)
        before = torch.cat([torch.zeros_like(outputs[:, :1]), outputs[:, :-1]], 1)
        sums = vectors @ weights.W.T + weights.b + before @ weights.U.T + weights.d
        i, f, g, o = (part[0] for part in sums.chunk(4, 2))  # (time, hidden) each
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        cell, cells = torch.zeros(len(i[0])), []
        for step in range(len(i)):
            cell = f[step] * cell + i[step] * g[step]
            cells.append(cell)
        c = torch.stack(cells)  # (time, hidden)
    unit = int((c.amax(0) - c.amin(0)).argmax())
    words = SENTENCE.split()
    assert len(words) == len(i), "words and marks of the sentence stand between spaces"
    rows = [gate[: len(words), unit].tolist() for gate in (i, f, o, c)]
    answer = predictor.predict([SENTENCE])[0]
    return 120 + 62 * len(words), _gates(words, rows, unit, f"{answer.label}, {answer.probability:.2f}")


def _gates(words: Sequence[str], rows: Sequence[Sequence[float]], unit: int, answer: str) -> Iterator[str]:
    i, f, o, c = rows
    xs = [120 + 62 * step for step in range(len(words))]
    yield text(14, 24, f"Unit {unit} of an LSTM trained on film reviews, word by word", "left strong")
    for x, kind, name in (
        (14, "input", "input gate i"),
        (130, "forget", "forget gate f"),
        (252, "output", "output gate o"),
    ):
        yield bar(x, 50, 12, 12, kind)
        yield text(x + 18, 49, name, "left small")
    for step, (x, word) in enumerate(zip(xs, words, strict=True)):
        yield text(x, 268, word)
        yield flow((x, 252), (x, 228))
        yield box(x, 190, 50, 72)
        for place, (kind, gate) in enumerate((("input", i), ("forget", f), ("output", o))):
            yield bar(x - 18 + 13 * place, 222, 10, 60 * gate[step], kind)
        if step:
            yield flow((xs[step - 1] + 25, 190), (x - 26, 190))
    largest = max(abs(value) for value in c) or 1.0
    heights = [105 - 40 * value / largest for value in c]
    yield f'<path class="axis" d="M{xs[0] - 30} 105H{xs[-1] + 30}"/>'
    yield f'<path class="cell" d="M{" L".join(f"{x:g} {y:.1f}" for x, y in zip(xs, heights, strict=True))}"/>'
    for x, y, value in zip(xs, heights, c, strict=True):
        yield f'<circle cx="{x:g}" cy="{y:.1f}" r="3" class="forget"/>'
        yield text(x, y - 8 if value >= 0 else y + 17, f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−"), "small")
    yield text(14, 109, "cell c", "left")
    yield text(14, 194, "gates", "left")
    yield text(14, 296, f"c = f · c before + i · g. The answer of all units: {answer}.", "left small")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, help="a folder of data/models: a classifier of texts, vanilla")
    drawings = {
        "stages": (830, 256, "The six stages of a pipeline and what they leave", stages()),
        "variants": (825, 226, "The four variants: vanilla, stacked, bidirectional, attention", variants()),
    }
    if folder := parser.parse_args().model:
        width, parts = gates(folder)
        drawings["gates"] = (width, 310, f"Gates and cell of an LSTM that reads: {SENTENCE}", parts)
    for name, (width, height, title, parts) in drawings.items():
        (FOLDER / f"{name}.svg").write_text(svg(width, height, title, parts), encoding="utf-8")
        print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
