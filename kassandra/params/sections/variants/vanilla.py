"""`variant: vanilla`: one layer, read forwards."""

USES = {"readout"}
CAUSAL = True
