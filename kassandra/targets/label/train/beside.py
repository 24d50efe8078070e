"""A linear model beside the LSTM, `model.linear`: how much each of the two has to say."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kassandra.contracts.ragged import Ragged
from kassandra.lstm.batch import Batch


@torch.no_grad()
def weigh(
    model: Any, inputs: Ragged, labels: Any, batches: Iterable[tuple[Any, Batch]],
    mean_loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> tuple[float, float]:  # fmt: skip
    """Fit the linear model on train, and then two factors ≥ 0, by which the logits of the LSTM and of the linear model
    are multiplied before they are added, with the least log-loss on validation (stacking; Wolpert 1992). They become
    part of the weights.

    On train both are surer than they may be, which is why the factors are not learned there.

    Args:
        model: a Classifier in evaluation mode, with a linear model that is not fitted yet. inputs, labels: of train.
            batches: of validation. mean_loss: of logits and targets.
    """
    from scipy.optimize import minimize  # here: a trained model needs no SciPy to predict

    model.beside.fit(inputs.flat, inputs.offsets, labels)
    parts, targets = [], []
    for _, batch in batches:
        encoded = model.encode(batch.inputs, batch.lengths)
        parts.append(torch.stack([model.answer(encoded._replace(beside=None)), encoded.beside]).double().cpu())
        targets.append(batch.targets.cpu())
    each, right = torch.cat(parts, 1), torch.cat(targets)  # (2, rows, classes), (rows,), or (rows, classes)

    def loss(factors: Any) -> tuple[float, Any]:
        with torch.enable_grad():
            given = torch.tensor(factors, requires_grad=True)
            value: Tensor = mean_loss((given[:, None, None] * each).sum(0), right)
            value.backward()
        assert given.grad is not None
        return value.item(), given.grad.numpy()

    how = {"jac": True, "bounds": [(0, None), (0, None)], "options": {"ftol": 1e-12, "gtol": 1e-8}}
    fitted = minimize(loss, np.array([0.5, 0.5]), method="L-BFGS-B", **how)
    of_lstm, of_linear = (float(factor) for factor in fitted.x)
    for weight in model.linear.parameters():
        weight.mul_(of_lstm)
    model.beside.scale(of_linear)
    return of_lstm, of_linear


@torch.no_grad()
def weigh_added(model: Any, batches: Iterable[tuple[Any, Batch]]) -> float:
    """A factor from 0 to 1, by which the logits that the LSTM adds to those of a linear model are multiplied, with the
    least log-loss on validation; it becomes part of the weights. 0 leaves the linear model alone.

    Args:
        model: a Classifier in evaluation mode, trained beside a linear model. batches: of validation.
    """
    from scipy.optimize import minimize_scalar  # here: a trained model needs no SciPy to predict

    parts, targets = [], []
    for _, batch in batches:
        encoded = model.encode(batch.inputs, batch.lengths, batch.beside)
        parts.append(torch.stack([model.answer(encoded._replace(beside=None)), encoded.beside]).double().cpu())
        targets.append(batch.targets.cpu())
    (added, line), right = torch.cat(parts, 1), torch.cat(targets)  # (rows, classes) each, (rows,)

    def loss(factor: float) -> float:
        return F.cross_entropy(factor * added + line, right).item()

    found = minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-3})
    factor = min((0.0, float(found.x), 1.0), key=loss)
    for weight in model.linear.parameters():
        weight.mul_(factor)
    return factor
