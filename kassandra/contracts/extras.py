"""How this library is installed: its distribution, and which of its extras bring a package that is missing."""

import re
from importlib import metadata

DISTRIBUTION = "kassandra-lstm"  # `kassandra` in the package index is another project's; the import keeps its name
BEFORE = "kassandra"  # of a set-up from before the distribution had a name of its own
# Modules whose packages have other names.
BROUGHT_BY = {
    "PIL": "pillow",
    "charset_normalizer": "charset-normalizer",
    "pycrfsuite": "python-crfsuite",
    "pypi_simple": "pypi-simple",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def version() -> str:
    return str(_installed().version)


def lacking(module: str | None) -> str | None:
    """The sentence of a module that no package brings here; None where no extra brings it either.

    >>> lacking("kassandra.no_such_module")
    """
    top = (module or "").partition(".")[0]
    package = BROUGHT_BY.get(top, top)
    extras = []
    for line in _installed().requires or []:
        name, _, condition = line.partition(";")
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", condition)
        if extra and extra[1] != "dev" and _plain(re.split(r"[\s<>=!~\[(]", name.strip())[0]) == _plain(package):
            extras.append(extra[1])
    return f"this needs {package}, which is not installed: {how(*extras)}" if extras else None


def how(*extras: str) -> str:
    """What installs one of some extras."""
    commands = " or ".join(f"`pip install '{DISTRIBUTION}[{extra}]'`" for extra in extras)
    return f"{commands} installs it; so does `make setup` in a clone"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> metadata.Distribution:
    try:
        return metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return metadata.distribution(BEFORE)
