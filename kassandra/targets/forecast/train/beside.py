"""A linear map beside the LSTM that is fitted before the training, `model.linear: fitted`."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kassandra.lstm.batch import Batch

Batches = Callable[[], Iterable[tuple[Any, Batch]]]
Numbers = NDArray[np.float64]


@torch.no_grad()
def fit(model: Any, train: Batches, valid: Batches) -> float:
    """Ridge regression of the targets of train in its windows, as the model reads them, with the penalty of ALPHAS
    whose squared error on validation is least. The model then is this map, with the distribution of its errors on
    train: the weights of its last layer are 0. Returns the penalty.

    Where losses are in the unit of the series (`Batch.unit`), a window's errors count by that unit.
    """
    from threadpoolctl import threadpool_limits  # here: a trained model needs neither it nor SciPy to predict

    from kassandra.targets.forecast.train.linear_map import ALPHAS, Ridge, Sums, ridge

    def added_up(batches: Batches) -> Sums:
        total: Sums | None = None
        for _, batch in batches():
            some = Sums.of(*_arrays(batch))
            total = total.plus(some) if total else some
        assert total, "a split has windows"
        return total

    with threadpool_limits(1):  # the same sums in the same order, however many cores there are
        learned, held = added_up(train), added_up(valid)
        each: dict[float, Ridge] = {alpha: ridge(learned, alpha) for alpha in ALPHAS}
        penalty = min(each, key=lambda alpha: each[alpha].squared_error(held))
        x, y, weights = each[penalty]  # (inputs,), (outputs,), (inputs, outputs)
        split = (_arrays(batch) for _, batch in train())
        errors = np.concatenate([targets - y - (inputs - x) @ weights for inputs, targets, _ in split])
    model.highway.weight.zero_()
    model.highway.weight[:, -len(x) :] = torch.from_numpy(weights.T)
    model.highway.bias.copy_(torch.from_numpy(y - x @ weights))
    model.linear.weight.zero_()
    model.linear.bias.copy_(model.head.around(torch.from_numpy(errors).float()).flatten())
    return penalty


@torch.no_grad()
def weigh(model: Any, batches: Iterable[tuple[Any, Batch]]) -> float:
    """A factor from 0 to 1, by which what the LSTM adds to the map is multiplied, around its mean, with the least loss
    on validation; it becomes part of the weights. 0 leaves the map alone.

    Args:
        model: trained, in evaluation mode. batches: of validation.
    """
    from scipy.optimize import minimize_scalar  # here: a trained model needs no SciPy to predict

    given = []  # no more of each batch than is asked for again: outputs of all steps are many
    for _, batch in batches:
        summary = model.encode(batch.inputs, batch.lengths).summary
        given.append((summary, model.highway(batch.inputs.flatten(1)).float(), batch.targets, batch.unit))
    last = model.linear
    weight, bias = last.weight.clone(), last.bias.clone()
    mean = torch.cat([summary for summary, *_ in given]).mean(0)  # (width,)

    def put(factor: float) -> None:
        last.weight.copy_(factor * weight)
        last.bias.copy_(bias + (1 - factor) * (weight @ mean))

    def loss(factor: float) -> float:
        put(factor)
        each = (model.losses(model.added(summary, line), *answers) for summary, line, *answers in given)
        return sum(float(losses.sum()) for losses in each)

    found = minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-3})
    factor = min((0.0, float(found.x), 1.0), key=loss)
    put(factor)
    return factor


def _arrays(batch: Batch) -> tuple[Numbers, Numbers, Numbers]:
    """(windows, inputs), (windows, outputs), and (windows,), how much a window counts; of long windows the last numbers
    alone."""
    from kassandra.targets.forecast.train.linear_map import LARGEST

    inputs = batch.inputs.flatten(1)[:, -LARGEST:].double().cpu().numpy()
    weights = np.ones(len(inputs))
    if batch.unit is not None:
        weights = batch.unit.double().square().mean(1).cpu().numpy()
    return inputs, batch.targets.double().cpu().numpy(), weights
