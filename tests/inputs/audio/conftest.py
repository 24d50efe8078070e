"""Sound files as other programs write them."""

import struct
import wave

import numpy as np
import pytest
from scipy.io import wavfile


@pytest.fixture
def write(tmp_path):
    """Writes (samples,) or (samples, channels) in [-1, 1] as .wav: pcm8, pcm16, pcm24, pcm32, float32, float64.

    By the standard library and SciPy, not by what reads them.
    """

    def write(samples, kind="pcm16", rate=8000, name="some.wav"):
        path, samples = tmp_path / name, np.asarray(samples, np.float64)
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind.startswith("float"):
            wavfile.write(path, rate, samples.astype(kind))
            return path
        width = int(kind.removeprefix("pcm")) // 8
        whole = np.rint(samples.clip(-1, 1) * (2 ** (8 * width - 1) - 1)).astype(np.int64)
        whole = whole + 128 if width == 1 else whole  # 8 bits have no sign in this format
        frames = b"".join(struct.pack("<q", value)[:width] for value in whole.ravel().tolist())
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(frames)
        return path

    return write
