"""`variant: stacked`: several layers, each reading the one below."""

from typing import Any

USES = {"readout", "num_layers", "bidirectional"}
IMPLIED = {"num_layers": 2}
CAUSAL = True


def check(params: Any) -> None:
    if params.num_layers < 2:
        raise ValueError(f"variant 'stacked' needs 'num_layers' ≥ 2, got {params.num_layers}; one layer is 'vanilla'")
