"""Every combination of Model: a law that takes `model_params` holds for each of them."""

from itertools import product
from typing import Any

import pytest
import torch

from kassandra.params.sections.model import Model

CELLS = ["lstm", "gru", "rnn"]
READOUTS = [{"readout": "last"}, {"readout": "max"}, {"readout": "mean"}]
AND_CONCAT = [*READOUTS, {"readout": "concat"}]  # made of the others: in one direction and in both is enough
ATTENTIONS = [{"attention": {"kind": kind}} for kind in ("additive", "dot", "general")]
# Each encoder, and the ways in which its outputs can become one summary.
ENCODERS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"variant": "vanilla"}, AND_CONCAT),
    ({"variant": "stacked", "num_layers": 2}, READOUTS),
    ({"variant": "stacked", "num_layers": 3, "bidirectional": True}, READOUTS),
    ({"variant": "bidirectional", "num_layers": 1}, AND_CONCAT),
    ({"variant": "bidirectional", "num_layers": 2}, READOUTS),
    ({"variant": "attention", "num_layers": 1}, ATTENTIONS),
    ({"variant": "attention", "num_layers": 2}, ATTENTIONS),
    ({"variant": "attention", "num_layers": 1, "bidirectional": True}, ATTENTIONS),
    ({"variant": "attention", "num_layers": 2, "bidirectional": True}, ATTENTIONS),
]


def every() -> list[Any]:
    """All combinations. Quick: each encoder, each cell and each summary once or more; the others are slow tests."""
    combinations = []
    for encoder, summaries in ENCODERS:
        for cell, summary in product(CELLS, summaries):
            simplest = encoder in ({"variant": "vanilla"}, {"variant": "attention", "num_layers": 1})
            plain = encoder.get("num_layers", 1) <= 2 and not ("num_layers" in encoder and "bidirectional" in encoder)
            quick = (cell == "lstm" and (simplest or (plain and summary is summaries[0]))) or (
                encoder == {"variant": "vanilla"} and summary is summaries[0]
            )
            layers, both = f"{encoder.get('num_layers', 1)}-layer", ["two-way"] * encoder.get("bidirectional", False)
            kind = summary["attention"]["kind"] if "attention" in summary else summary["readout"]
            combinations.append(
                pytest.param(
                    Model.model_validate({"cell": cell, "hidden_size": 5, **encoder, **summary}),
                    id="-".join([encoder["variant"], layers, *both, cell, kind]),
                    marks=[] if quick else [pytest.mark.slow],
                )
            )
    return combinations


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "model_params" in metafunc.fixturenames:
        metafunc.parametrize("model_params", every())
    if "cell" in metafunc.fixturenames:
        metafunc.parametrize("cell", CELLS)


@pytest.fixture(scope="session")
def one_thread():
    """Tensors this small are read several times faster by one thread than by two."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
