"""Two fingerprints (kassandra.training.fingerprint) in two or three words each: the fields that differ."""

from collections.abc import Sequence

VENDORS = {"AuthenticAMD": "AMD", "GenuineIntel": "Intel"}
SIGNS = {"AVX512": "AVX-512", "DEFAULT": "no AVX2"}


def differing(one: Sequence[str], other: Sequence[str]) -> tuple[str, str] | None:
    """Of lines `field: value`, as test.json has them; None where they are the same.

    >>> amd = ["device: cpu", "instructions: AuthenticAMD AVX2", "threads: 1", "precision: fp32"]
    >>> intel = ["device: cpu", "instructions: GenuineIntel AVX512 amx_bf16", "threads: 1", "precision: bf16"]
    >>> differing(amd, intel)
    ('AMD AVX2, fp32', 'Intel AVX-512, bf16')
    """
    sides = [dict(line.split(": ", 1) for line in lines) for lines in (one, other)]
    fields = [field for field in sides[0] | sides[1] if sides[0].get(field) != sides[1].get(field)]
    if not fields:
        return None
    short = [", ".join(_words(field, side.get(field, ""), 2) for field in fields) for side in sides]
    if short[0] == short[1]:  # processors of one vendor and width, with other extensions or overrides
        short = [", ".join(_words(field, side.get(field, "")) for field in fields) for side in sides]
    return short[0], short[1]


def _words(field: str, value: str, most: int | None = None) -> str:
    """
    Args:
        most: words of the instructions, of which the first two are the vendor and the width.
    """
    if field == "ranks":
        return f"{value or 1} rank{'s' * (value not in ('', '1'))}"
    if not value:
        return f"unknown {field}"
    if field == "instructions":
        vendor, *rest = value.split()
        return " ".join([VENDORS.get(vendor, vendor), *(SIGNS.get(word, word) for word in rest)][:most])
    if field == "threads":
        return f"{value} thread{'s' * (value != '1')}"
    return {"torch": f"PyTorch {value}", "device": "CPU" if value == "cpu" else value}.get(field, value)
