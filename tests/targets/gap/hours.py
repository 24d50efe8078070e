"""Tables of hours in which a day comes back."""

import numpy as np

START = np.datetime64("2024-01-01T00:00", "m")


def hours(rows, columns=2, seed=0):
    """(rows, columns) a day's wave with noise, each column in another unit."""
    generator = np.random.default_rng(seed)
    wave = np.sin(np.arange(rows) / 24 * 2 * np.pi)[:, None] * (1 + np.arange(columns)) + 3
    return (wave + 0.2 * generator.normal(size=(rows, columns))) * 10.0 ** np.arange(columns)


def write(path, values, start=START, series=None):
    """`values` (rows, columns), NaN where missing; a column that names the series where there are several."""
    lines = ["when," + ("which," if series else "") + ",".join("abc"[: values.shape[1]])]
    for number, row in enumerate(values):
        cells = ["" if np.isnan(value) else repr(float(value)) for value in row]
        which = [series] if series else []
        lines.append(",".join([str(start + 60 * number), *which, *cells]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
