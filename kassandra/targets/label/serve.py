"""`kassandra serve` of classifiers: what `kassandra predict --json` prints, of several requests at once."""

from kassandra.contracts.served import NoOptions, answers
from kassandra.targets.label.evaluate.predict import together

BATCHED = True  # rows are of inputs, one each, and independent of each other
JSON = True  # inputs may be sent as JSON
Options = NoOptions
answer = answers(together)
