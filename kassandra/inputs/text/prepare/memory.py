"""What preparing holds in memory at once: a text as it is read, and its ids."""

TIMES = 16  # bytes for each byte of the files, at most, as `python -m benchmarks.growth` measures it
