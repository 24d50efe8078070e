"""The LSTM variants, one module each: the keys that a variant uses, and how its encoder is put together.

A module says `USES`, the keys of `model:` that it uses beyond those of all variants; and may say `IMPLIED`, values that
its name stands for; `CAUSAL`, that no step sees later ones, unless it is bidirectional; `SUMMARY_ALONE`, that nothing
but its summary sets it apart; `Keys`, a section with keys of its own; `check(params)`, which raises ValueError; and
`encoder(input_size, params)`, which builds it where it is not the LSTM layers with a readout. What that needs of
PyTorch is imported there: most who read params build no model.
"""

import importlib
from pathlib import Path
from types import ModuleType

MODULES: dict[str, ModuleType] = {
    path.stem: importlib.import_module(f"{__name__}.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
}
