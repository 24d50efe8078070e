"""`variant: vanilla`: one layer, read forwards."""

from typing import Any

USES = {"readout"}
CAUSAL = True


def encoder(input_size: int, params: Any) -> Any:
    from kassandra.lstm.build import pooled, stack

    return pooled(stack(input_size, params), params.readout)
