"""Readers of what Kassandra 0.1.0 wrote. Delete this room at 1.0."""
