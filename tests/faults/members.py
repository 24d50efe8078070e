"""A pipeline that takes seconds to train, of which processes are killed."""

PATIENCE = 300  # seconds for what takes some on a machine at rest


def params(seeds: int, epochs: int) -> str:
    """params.yaml with the pipeline `small`."""
    return f"""\
seed: 3
pipelines:
  small:
    input: images
    target: label
    source: {{path: tests/data/mnist}}
    prepare: {{limit: 300}}
    model: {{variant: vanilla, hidden_size: 7, dropout: 0.1}}
    train: {{seeds: {seeds}, epochs: {epochs}, batch_size: 20, learning_rate: 0.02, threads: 1, device: cpu,
            distort: {{shift: 1}}}}
"""
