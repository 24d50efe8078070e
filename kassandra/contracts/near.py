"""Which examples are nearly the same: their descriptions, a vector each, point nearly the same way."""

import numpy as np
from numpy.typing import NDArray

AXES = 12  # the main axes of all descriptions, in which neighbours are looked for
NEIGHBOURS = 16  # of each example, so that many that are all alike need no more memory


def near(vectors: NDArray[np.float32], least: float) -> list[int]:
    """Of each example the number of the first one that it is nearly the same as, directly or by way of others; its own
    number where there is none.

    Args:
        vectors: (examples, numbers), a description of each; zeros alone where nothing can be said.
        least: cosine of two descriptions from which they are nearly the same.

    >>> near(np.array([[1, 0], [0, 1], [0.999, 0.001], [0, 0]], np.float32), 0.99)
    [0, 1, 0, 3]
    """
    lengths = np.linalg.norm(vectors, axis=1)
    rows = np.flatnonzero(lengths > 1e-6)
    first = list(range(len(vectors)))

    def root(row: int) -> int:
        while first[row] != row:
            first[row] = first[first[row]]
            row = first[row]
        return row

    unit, known = vectors[rows] / lengths[rows, None], dict[bytes, int]()
    for row, rounded in zip(rows.tolist(), np.round(unit, 3) + np.float32(0), strict=True):
        first[row] = known.setdefault(rounded.tobytes(), row)
    kept = np.flatnonzero([first[row] == row for row in rows.tolist()])
    for row, other in _pairs(unit[kept], least):
        one, two = sorted((root(int(rows[kept[row]])), root(int(rows[kept[other]]))))
        first[two] = one
    return [root(row) for row in range(len(vectors))]


def _pairs(unit: NDArray[np.float32], least: float) -> list[tuple[int, int]]:
    """Pairs of rows: of all that are as near in the main axes, in which nothing is farther apart, those that are."""
    from scipy.spatial import cKDTree  # here: it costs a fifth of a second

    if len(unit) < 2:
        return []
    _, axes = np.linalg.eigh(unit.T @ unit)  # the largest last
    tree = cKDTree(unit @ axes[:, -AXES:])
    radius = float(np.sqrt(2 - 2 * least))
    _, others = tree.query(tree.data, k=min(NEIGHBOURS, len(unit)), distance_upper_bound=radius * (1 + 1e-6))
    rows, places = np.nonzero(others < len(unit))
    neighbours = others[rows, places]
    rows, neighbours = rows[rows < neighbours], neighbours[rows < neighbours]
    alike = np.einsum("ij,ij->i", unit[rows], unit[neighbours]) >= least
    return list(zip(rows[alike].tolist(), neighbours[alike].tolist(), strict=True))
