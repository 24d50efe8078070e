"""LSTM pipelines whose numbers can be believed."""
