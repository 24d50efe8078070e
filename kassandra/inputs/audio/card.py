"""What a model card calls this input."""

MODALITY = "audio"
