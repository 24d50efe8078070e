"""Where a model looked, and which tokens its answer hangs on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.lstm.encoder import Encoded


def attention_of_rows(encoded: Encoded, lengths: Tensor | None) -> list[NDArray[np.float32]]:
    """(steps,) of each row, without the padding; none of a model that has no attention."""
    if encoded.attention is None:
        return []
    weights = encoded.attention.float().cpu().numpy()  # (batch, time)
    each = [weights.shape[1]] * len(weights) if lengths is None else lengths.tolist()
    return [row[:length].copy() for row, length in zip(weights, each, strict=True)]


def gradient_times_input(model: Any, batch: Any, answer: Callable[[Tensor], Tensor]) -> NDArray[np.float64]:
    """(time,) of one text: the gradient of a number times each token's vector: to first order what the number would
    lose without the token (Denil et al. 2014, eq. 1).

    Args:
        model: a LinearOnSummary that reads token ids. answer: the number, of what `model.answer` gives for one row.
    """
    # cuDNN refuses the backward pass of a recurrent layer in evaluation mode.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        vectors = model.embedding(batch.inputs).detach().requires_grad_()  # (1, time, size)
        number = answer(model.answer(model.encoder(vectors, batch.lengths))[0])
        (gradient,) = torch.autograd.grad(number, vectors)
    return np.asarray((gradient * vectors).sum(2)[0].detach().double().cpu().numpy())
