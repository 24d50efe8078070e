"""What whoever runs an exported model of recordings has to know of its inputs: log-mel bands of each frame."""

from typing import Any

from kassandra.inputs.audio.train.mel import RANGE, MelScale


def lengths(reading: str, meta: dict[str, Any]) -> bool:
    """Whether rows are padded."""
    return True


def describe(meta: dict[str, Any]) -> dict[str, Any]:
    scale = MelScale.of(meta)
    sizes = {"frame_length": scale.frame_length, "hop_length": scale.hop_length, "fft_size": scale.fft_size}
    numbers = {"sample_rate": scale.sample_rate, "bands": scale.bands, "range": RANGE}
    how = {"deltas": bool(meta["deltas"]), "by_band": meta.get("normalise") == "band", "stack": meta.get("stack", 1)}
    return numbers | sizes | how | {"edges": scale.edges.tolist()}


def beside(meta: dict[str, Any]) -> dict[str, str]:
    """Files by name."""
    return {}


# Of a .wav of 16 bits, one channel, at the sample rate of training.
RECORDING = """
import wave

with wave.open(sys.argv[1]) as file:
    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (about["sample_rate"], 1, 2)
    samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
size, fft = about["frame_length"], about["fft_size"]
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: about["hop_length"]] * window
mels = 2595 * np.log10(1 + np.linspace(0, about["sample_rate"] / 2, fft // 2 + 1)[:, None] / 700)
edges = np.array(about["edges"])
low, middle, high = edges[:-2], edges[1:-1], edges[2:]
filters = np.minimum((mels - low) / (middle - low), (high - mels) / (high - middle)).clip(0)
energies = np.abs(np.fft.rfft(frames, fft)) ** 2 @ filters
over, stack = (0 if about["by_band"] else None), about["stack"]
standard = lambda values: (values - values.mean(over)) / np.maximum((values - values.mean(over)).std(over), 1e-2)
parts = [standard(np.log(energies / max(energies.max(), 1e-300) + about["range"]))]
for _ in range(2 * about["deltas"]):
    around = np.pad(parts[-1], ((2, 2), (0, 0)), "edge")
    parts.append(standard((around[3:-1] - around[1:-3] + 2 * (around[4:] - around[:-4])) / 10))
bands = np.concatenate(parts, axis=1)
bands = np.pad(bands, ((0, -len(bands) % stack), (0, 0))).reshape(1, -1, stack * bands.shape[1])
feeds = {"inputs": bands.astype(np.float32), "lengths": np.array([bands.shape[1]])}
"""

PYTHON = {"examples": RECORDING, "transcripts": RECORDING}

JAVASCRIPT: dict[str, str] = {}  # the bands would take a Fourier transform of one's own
