"""What preparing holds in memory at once: a table as it is read, and its numbers."""

TIMES = 16  # bytes for each byte of the files, at most, as `python -m benchmarks.growth` measures it
