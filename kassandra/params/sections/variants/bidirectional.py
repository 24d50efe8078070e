"""`variant: bidirectional`: one layer forwards, one backwards from the last step."""

USES = {"readout", "num_layers"}
IMPLIED = {"bidirectional": True}
