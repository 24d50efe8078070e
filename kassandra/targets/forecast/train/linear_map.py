"""The linear map of the window: ridge regression from all that the LSTM reads to all that it forecasts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from kassandra.contracts.windows import SMALLEST, Split, centre_and_scale, normalised, seen

NORMALISATIONS = {"none": "", "last": "last value subtracted", "window": "standardised by its mean and deviation"}
ALPHAS = [10.0**power for power in range(-2, 9)]  # from hardly any shrinkage to hardly more than the mean
CHUNK = 1024  # windows in memory at once
LARGEST = 4000  # numbers of a window that are read; of longer windows only the last rows are
MOST = 25_000_000  # numbers of the sums in which each target has its own weights, 200 MB

Numbers = NDArray[np.float64]


class Sums(NamedTuple):
    """Over windows x and what follows them y of weight w: Σw, Σwx (inputs,), Σwy (outputs,), Σwxxᵀ, Σwxyᵀ, Σw|y|²."""

    size: float
    x: Numbers
    y: Numbers
    xx: Numbers
    xy: Numbers
    yy: float

    @classmethod
    def of(cls, x: Numbers, y: Numbers, weights: Numbers) -> "Sums":
        """x: (windows, inputs). y: (windows, outputs). weights: (windows,)."""
        left = x * weights[:, None]
        yy = float(weights @ (y * y).sum(1))
        return cls(float(weights.sum()), left.sum(0), weights @ y, left.T @ x, left.T @ y, yy)

    def plus(self, other: "Sums") -> "Sums":
        pairs: Any = zip(self, other, strict=True)
        return Sums(*(one + more for one, more in pairs))

    def only(self, inputs: NDArray[np.bool_]) -> "Sums":
        """Of windows of which but these inputs are read."""
        if inputs.all():
            return self
        return self._replace(x=self.x[inputs], xx=self.xx[np.ix_(inputs, inputs)], xy=self.xy[inputs])

    def around(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, float]:
        """The last three, of x and y less these."""
        xx = self.xx - np.outer(self.x, x) - np.outer(x, self.x) + self.size * np.outer(x, x)
        xy = self.xy - np.outer(self.x, y) - np.outer(x, self.y) + self.size * np.outer(x, y)
        return xx, xy, self.yy - 2 * float(self.y @ y) + self.size * float(y @ y)


class Ridge(NamedTuple):
    """y = ȳ + (x - x̄) weights; the mean is not shrunk. weights: (inputs, outputs)."""

    x: Numbers
    y: Numbers
    weights: Numbers

    def squared_error(self, sums: Sums) -> float:
        """Summed over the windows of `sums`."""
        xx, xy, yy = sums.around(self.x, self.y)
        return yy - 2 * float((self.weights * xy).sum()) + float((self.weights * (xx @ self.weights)).sum())


def ridge(sums: Sums, alpha: float) -> Ridge:
    """Hoerl & Kennard (1970): argmin Σw|y - ȳ - (x - x̄) W|² + alpha |W|²."""
    x, y = sums.x / sums.size, sums.y / sums.size
    xx, xy, _ = sums.around(x, y)
    xx[np.diag_indices_from(xx)] += alpha
    return Ridge(x, y, cho_solve(cho_factor(xx), xy))


class LinearMap(NamedTuple):
    """name: how it reads the window, in brackets where it is not as it stands. message: what was chosen, and from what.
    points: (origins, horizon, targets) of each of train, valid and test, of held-out series too."""

    name: str
    message: str
    points: list[Numbers]


class Form(NamedTuple):
    """What is linear in what: the answer less `offset`, both normalised, in what the window shows.

    meta: of the prepared data, with the normalisation of this form. offset: (series, horizon, targets), the mean in
    train. unit: (series, 1, targets), in which errors of several series and targets are added up.
    """

    meta: dict[str, Any]
    offset: Numbers
    unit: Numbers

    @property
    def weighs(self) -> bool:
        """Whether a window's own deviation is its weight in the sums, which then are of one target each."""
        return bool(self.meta["normalise"] == "window")


def linear_map(splits: Sequence[Split], meta: dict[str, Any], name: str = "linear map of the window") -> LinearMap:
    """As Zeng et al. (2023), but reading all columns, and one for all series, as the LSTM is one.

    What is read and forecast is normalised in each way of NORMALISATIONS (of returns in none), and the calendar's
    columns, where there are any, are read and not read; of these forms and of ALPHAS, one for all outputs, those are
    taken whose map of train has the least squared error on valid. That of train and valid is then fitted. Errors are in
    each series' own unit whatever the form, so that a window that hardly moves, and is divided by its deviation,
    counts for no more than it moves.
    """
    train, valid, _ = splits
    least: dict[tuple[str, bool], float] = {}  # root of the mean squared error on valid, by normalisation and calendar
    best: Any = None
    for normalise in _normalisations(train, meta):
        form = _form(train.whole, meta | {"normalise": normalise})
        learned, held = add_up(train, form), add_up(valid, form)
        numbers = len(valid.origins) * meta["horizon"] * len(meta["targets"])
        for calendar, inputs in _inputs_read(train, meta).items():
            some = [[sums.only(inputs) for sums in each] for each in (learned, held)]
            errors = {a: sum(ridge(x, a).squared_error(y) for x, y in zip(*some, strict=True)) for a in ALPHAS}
            alpha = min(errors, key=lambda alpha: errors[alpha])
            least[normalise, calendar] = float(np.sqrt(max(errors[alpha], 0) / numbers))
            if least[normalise, calendar] == min(least.values()):
                both = [one.plus(other) for one, other in zip(*some, strict=True)]
                best = normalise, calendar, alpha, form, inputs, both
    normalise, calendar, alpha, form, inputs, both = best
    fitted = [ridge(sums, alpha) for sums in both]
    without = "" if calendar else "without the calendar"
    how = ", ".join(filter(None, [NORMALISATIONS[normalise], without]))
    name = f"{name} ({how})" if how else name
    tried = ", ".join(f"{in_words(*each)} {error:.4g}" for each, error in least.items())
    message = f"{name}: ridge {alpha:g}, chosen on valid; rmse there, in deviations of train: {tried}"
    return LinearMap(name, message, [_forecast(fitted, inputs, split.whole, form) for split in splits])


def least_errors(train: Split, valid: Split, meta: dict[str, Any]) -> dict[tuple[str, bool], float]:
    """By how windows are normalised, and whether the calendar is read, the error on valid of the map of train that is
    best there: root of the mean square, in deviations of the series in train."""
    errors = {}
    numbers = len(valid.origins) * meta["horizon"] * len(meta["targets"])
    for normalise in _normalisations(train, meta):
        form = _form(train.whole, meta | {"normalise": normalise})
        learned, held = add_up(train, form), add_up(valid, form)
        for calendar, inputs in _inputs_read(train, meta).items():
            both = [(x.only(inputs), y.only(inputs)) for x, y in zip(learned, held, strict=True)]
            squared = min(sum(ridge(x, alpha).squared_error(y) for x, y in both) for alpha in ALPHAS)
            errors[normalise, calendar] = float(np.sqrt(max(squared, 0) / numbers))
    return errors


def in_words(normalise: str, calendar: bool) -> str:
    return ", ".join([NORMALISATIONS[normalise] or "as it stands", *([] if calendar else ["without the calendar"])])


def _normalisations(train: Split, meta: dict[str, Any]) -> list[str]:
    if meta["predict"] == "return":  # a distance already
        return ["none"]
    numbers = len(meta["targets"]) * (_rows_read(train, meta) * train.inputs.shape[1]) ** 2
    return [each for each in NORMALISATIONS if each != "window" or numbers <= MOST]


def _inputs_read(split: Split, meta: dict[str, Any]) -> dict[bool, NDArray[np.bool_]]:
    """(rows · features,) which numbers of a window are read, with and without the columns of the calendar."""
    circles = {f"{name}_{of}" for name in meta["reading"]["prepare"].get("calendar", []) for of in ("sin", "cos")}
    others = np.array([name not in circles for name in meta["inputs"]])
    masks = {True: np.ones_like(others), False: others} if circles else {True: others}
    return {calendar: np.tile(mask, _rows_read(split, meta)) for calendar, mask in masks.items()}


def _form(train: Split, meta: dict[str, Any]) -> Form:
    """Fitted on train: the mean of each series, step and target, of windows weighed by their own deviation."""
    series = len(train.offsets) - 1
    total, weight = (
        np.zeros((series, meta["horizon"], len(meta["targets"]))),
        np.zeros((series, 1, len(meta["targets"]))),
    )
    for part in _chunks(train):
        weights = centre_and_scale(part, meta)[1] ** 2  # (windows, 1, targets)
        np.add.at(total, part.series, normalised(part, meta) * weights)
        np.add.at(weight, part.series, weights)
    returns = meta["predict"] == "return"  # the deviation of the next one, and of values that of the values
    unit = np.array(meta["target_std"])[:, :1] if returns else np.array(meta["value_std"])[:, None]
    return Form(meta, total / weight, unit)


def add_up(split: Split, form: Form) -> list[Sums]:
    """Of all windows of a split, of which memory holds a few at a time: of all targets, or one for each where the form
    weighs."""
    total: list[Sums] = []
    for part in _chunks(split):
        x = windows(part, form.meta)
        y = normalised(part, form.meta) - form.offset[part.series]  # (windows, horizon, targets)
        unit = form.unit[part.series]  # (windows, 1, targets)
        if form.weighs:
            weights = (centre_and_scale(part, form.meta)[1] / unit)[:, 0] ** 2  # (windows, targets)
            some = [Sums.of(x, y[:, :, target], weights[:, target]) for target in range(y.shape[2])]
        else:
            some = [Sums.of(x, (y / unit).reshape(len(x), -1), np.ones(len(x)))]
        total = [one.plus(more) for one, more in zip(total, some, strict=True)] if total else some
    return total


def windows(split: Split, meta: dict[str, Any]) -> Numbers:
    """(origins, rows · features) what each window shows, its targets as `normalise` says, as the LSTM reads them."""
    shown = split.inputs[seen(split, meta["window"])].astype(np.float64)  # (origins, window, features)
    own = meta["target_inputs"]
    if meta["normalise"] == "last":
        shown[:, :, own] -= shown[:, -1:, own]
    elif meta["normalise"] == "window":
        targets = shown[:, :, own]  # (origins, window, targets)
        spread = targets.std(1, keepdims=True) + SMALLEST
        shown[:, :, own] = (targets - targets.mean(1, keepdims=True)) / spread
    return shown[:, -_rows_read(split, meta) :].reshape(len(shown), -1)


def _rows_read(split: Split, meta: dict[str, Any]) -> int:
    return int(min(meta["window"], max(1, LARGEST // split.inputs.shape[1])))


def _forecast(fitted: list[Ridge], inputs: NDArray[np.bool_], split: Split, form: Form) -> Numbers:
    """(origins, horizon, targets), in the unit of the series."""
    shape = form.meta["horizon"], split.values.shape[1]
    answers = [np.empty((0, *shape))]
    for part in _chunks(split):
        x = windows(part, form.meta)[:, inputs]
        standard = [one.y + (x - one.x) @ one.weights for one in fitted]  # (windows, horizon · targets), or of each
        y = np.stack(standard, -1).reshape(len(x), *shape)
        centre, scale = centre_and_scale(part, form.meta)  # (windows, 1, targets) each
        y = y if form.weighs else y * form.unit[part.series]
        answers.append((y + form.offset[part.series]) * scale + centre)
    return np.concatenate(answers)


def _chunks(split: Split) -> list[Split]:
    starts = range(0, len(split.origins), CHUNK)
    return [split._replace(origins=split.origins[start : start + CHUNK]) for start in starts]
