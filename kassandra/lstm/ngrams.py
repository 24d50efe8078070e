"""A linear model of which tokens, and which pairs of neighbours, occur in a sequence; it stands beside an encoder."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FEATURES = 1 << 19  # the most frequent ones are kept; 25,000 reviews have 340,000 that occur in two or more
TWICE = 2  # rows that a feature must occur in
SMOOTHING = 1.0  # added to the count of each feature in each class
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # of the ridge
NOTHING = -1  # stands for a token that is padding, or occurred before


class Bigrams(nn.Module):
    """Logits of a sequence of token ids, without its order: the sum of a weight for each token, and each pair of
    neighbours, that occurs in it, however often.

    Weights are fitted on the train split and have no gradient. Tables have the same size for all data, so that a model
    can be built before its weights are read.

    Args:
        outputs: how many classes; 1 of a number.
        mean: whether the sum is divided by the root of how many weights it is of, as suits a number: a long text is no
            further from the mean than a short one.
    """

    known: (
        Tensor  # (FEATURES,) int64, rising: the numbers of tokens and pairs that have a weight, then the largest int64
    )
    weight: Tensor  # (FEATURES + 1, outputs); the last row, of what has no weight, is 0
    bias: Tensor  # (outputs,)

    def __init__(self, outputs: int, mean: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.register_buffer("known", torch.full((FEATURES,), torch.iinfo(torch.int64).max))
        self.register_buffer("weight", torch.zeros(FEATURES + 1, outputs))
        self.register_buffer("bias", torch.zeros(outputs))

    def forward(self, ids: Tensor, lengths: Tensor | None) -> Tensor:
        """(batch, outputs) of ids (batch, time); of a row the first `lengths` are read."""
        time = torch.arange(ids.shape[1], device=ids.device)
        inside = time < (lengths[:, None] if lengths is not None else ids.shape[1])  # (batch, time), or (time,)
        inside = inside.expand(ids.shape)
        pairs = torch.where(inside[:, 1:], numbers(ids[:, 1:], ids[:, :-1]), NOTHING)  # (batch, time - 1)
        found = torch.cat([torch.where(inside, ids, NOTHING), pairs], 1).sort(1).values  # (batch, 2 · time - 1)
        again = nn.functional.pad(found[:, 1:] == found[:, :-1], (1, 0))  # so that each counts once
        places = torch.searchsorted(self.known, found).clamp(max=FEATURES - 1)
        places = torch.where((self.known[places] == found) & ~again, places, FEATURES)
        total = nn.functional.embedding_bag(places, self.weight, mode="sum")  # (batch, outputs)
        if self.mean:
            total = total / (places < FEATURES).sum(1, keepdim=True).clamp(min=1).sqrt()
        return total + self.bias

    @torch.no_grad()
    def fit(self, ids: NDArray[Any], offsets: NDArray[np.int64], labels: NDArray[np.int64]) -> None:
        """Logistic regression on presence times the logarithm of how many times more frequent a token or pair is inside
        a class than outside (Wang & Manning 2012, eq. 2); one model for each class, of two classes one in all.

        Args:
            ids: (tokens,) of all rows, one after the other. offsets: (rows + 1,) where each begins. labels: (rows,) the
                class of each; or (rows, outputs), 1 where a row has a label.
        """
        from sklearn.linear_model import LogisticRegression  # here: a trained model needs neither to predict
        from threadpoolctl import threadpool_limits

        known, present = _presence(ids, offsets)
        self.known[: len(known)] = torch.from_numpy(known)
        classes = len(self.bias)
        for label in range(1 if classes == 2 and labels.ndim == 1 else 0, classes):
            inside = labels == label if labels.ndim == 1 else labels[:, label] == 1
            if not inside.any() or inside.all() or not len(known):
                continue
            p = SMOOTHING + np.asarray(present[inside].sum(0)).ravel()  # (features,)
            q = SMOOTHING + np.asarray(present[~inside].sum(0)).ravel()  # (features,)
            ratio = np.log((p / p.sum()) / (q / q.sum()))  # (features,)
            with threadpool_limits(1):  # the same sums in the same order, however many cores there are
                model = LogisticRegression(max_iter=1000).fit(present.multiply(ratio).tocsr(), inside)
            self.weight[: len(known), label] = torch.from_numpy(model.coef_[0] * ratio)
            self.bias[label] = float(model.intercept_[0])

    @torch.no_grad()
    def fit_numbers(
        self, ids: NDArray[Any], offsets: NDArray[np.int64], targets: NDArray[np.float64], error: Callable[[], float]
    ) -> float:
        """Ridge regression on presence (Hoerl & Kennard 1970), with the one of PENALTIES whose error is least.

        Args:
            ids, offsets: as of `fit`. targets: (rows,). error: of the model as it then is, on other rows.
        """
        from scipy import sparse
        from sklearn.linear_model import Ridge  # here: a trained model needs neither to predict
        from threadpoolctl import threadpool_limits

        known, present = _presence(ids, offsets)
        self.known[: len(known)] = torch.from_numpy(known)
        self.bias[0] = float(targets.mean())
        best = error(), 0.0, self.weight.clone(), self.bias.clone()
        rows = sparse.diags(1 / np.sqrt(np.maximum(np.asarray(present.sum(1)).ravel(), 1))) @ present
        for penalty in PENALTIES if len(known) else ():
            with threadpool_limits(1):  # the same sums in the same order, however many cores there are
                model = Ridge(penalty, solver="sparse_cg", tol=1e-6, max_iter=1000).fit(rows.tocsr(), targets)
            self.weight[: len(known), 0] = torch.from_numpy(model.coef_)
            self.bias[0] = float(model.intercept_)
            if (now := error()) < best[0]:
                best = now, penalty, self.weight.clone(), self.bias.clone()
        self.weight.copy_(best[2])
        self.bias.copy_(best[3])
        return best[1]

    @torch.no_grad()
    def scale(self, factor: float) -> None:
        """Multiply what it answers."""
        self.weight.mul_(factor)
        self.bias.mul_(factor)


def numbers(ids: Any, before: Any) -> Any:
    """One int64 for each pair of the token `before` and the token after it; a token alone has its id."""
    return ((before + 1) << 32) + ids


def _presence(ids: NDArray[Any], offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], Any]:
    """(features,) the tokens and pairs that occur in two rows or more, rising, and (rows, features) sparse, 1 where one
    occurs in a row."""
    from scipy import sparse

    tokens = ids.astype(np.int64)
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))  # (tokens,)
    together = rows[1:] == rows[:-1]  # (tokens - 1,): a pair does not reach into the next row
    found = np.concatenate([tokens, numbers(tokens[1:], tokens[:-1])[together]])
    known, columns = np.unique(found, return_inverse=True)
    where = np.concatenate([rows, rows[1:][together]]), columns
    present = sparse.csr_matrix((np.ones(len(columns)), where), shape=(len(offsets) - 1, len(known)))
    present.data[:] = 1  # what occurs twice in a row was added up
    frequent = np.asarray(present.sum(0)).ravel()  # (different ones,)
    kept = np.sort(np.argsort(-frequent, kind="stable")[: min(FEATURES, int((frequent >= TWICE).sum()))])
    return known[kept], present[:, kept]
