"""`variant: bidirectional`: one layer forwards, one backwards from the last step."""

from typing import Any

USES = {"readout", "num_layers"}
IMPLIED = {"bidirectional": True}


def encoder(input_size: int, params: Any) -> Any:
    from kassandra.lstm.build import pooled, stack

    return pooled(stack(input_size, params), params.readout)
