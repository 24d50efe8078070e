"""A linear model beside the LSTM, `model.linear`: how much each of the two has to say of a number."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kassandra.contracts.ragged import Ragged
from kassandra.lstm.batch import Batch
from kassandra.lstm.heads import normal


@torch.no_grad()
def weigh(
    model: Any, inputs: Ragged, targets: NDArray[np.float64], batches: Iterable[tuple[Any, Batch]]
) -> tuple[float, float]:
    """Fit the linear model on train, its penalty by the squared error on validation; then two factors ≥ 0, by which the
    LSTM's point and the linear model's are multiplied before they are added, with the least loss on validation
    (stacking; Wolpert 1992). A head with several places also gets a factor > 0 for how far these lie apart. They become
    part of the weights.

    Args:
        model: a NumberModel in evaluation mode, with a linear model that is not fitted yet. inputs: of train.
        targets: (rows,) of train, standardised. batches: of validation.
    """
    from scipy.optimize import minimize  # here: a trained model needs no SciPy to predict

    given = [batch for _, batch in batches]
    right = torch.cat([batch.targets for batch in given])  # (rows, 1)

    def of_linear() -> Tensor:
        """(rows, 1)"""
        return torch.cat([model.beside(batch.inputs, batch.lengths) for batch in given])

    model.beside.fit_numbers(inputs.flat, inputs.offsets, targets, lambda: float((of_linear() - right).square().mean()))
    encoded = (model.encode(batch.inputs, batch.lengths)._replace(beside=None) for batch in given)
    raw, line = torch.cat([model.answer(each) for each in encoded]), of_linear()  # (rows, 1, parameters), (rows, 1)
    several = model.head.places > 1
    # Places are given as distances from those of a standard normal distribution, which are spread with them.
    at = normal(raw)[:, 0, 0] if several else raw.new_zeros(1)  # (places,)

    def mixed(lstm: Any, linear: Any, apart: Any) -> Tensor:
        """(rows, 1, parameters)"""
        places = spread(raw[..., : model.head.places], at, lstm, apart)
        return torch.cat([places + linear * line.unsqueeze(2), raw[..., model.head.places :]], dim=2)

    def loss(factors: Any) -> tuple[float, Any]:
        with torch.enable_grad():
            tried = torch.tensor(factors, dtype=raw.dtype, requires_grad=True)
            value = model.head.losses(mixed(*tried), right).mean()
            value.backward()
        assert tried.grad is not None
        return value.item(), tried.grad.double().numpy()

    bounds = [(0.0, None), (0.0, None), (0.1, 3.0) if several else (1.0, 1.0)]
    fitted = minimize(loss, np.array([0.5, 0.5, 1.0]), method="L-BFGS-B", jac=True, bounds=bounds)
    lstm, linear, apart = (float(factor) for factor in fitted.x)
    last = model.linear
    last.weight[: model.head.places] = spread(last.weight[: model.head.places].T, 0 * at, lstm, apart).T
    last.bias[: model.head.places] = spread(last.bias[: model.head.places], at, lstm, apart)
    model.beside.scale(linear)
    return lstm, linear


def spread(places: Tensor, at: Tensor, factor: Any, apart: Any) -> Tensor:
    """(…, places) with their mean times `factor`, and their distances from it, those of `at` (places,) included, times
    `apart`."""
    mean = places.mean(-1, keepdim=True)
    spread_out: Tensor = factor * mean + apart * (places - mean + at) - at
    return spread_out
