"""What a model card calls this input."""

MODALITY = "time-series"
