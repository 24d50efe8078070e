"""Sound files (.wav, of any width, and whatever else libsndfile knows) as waveforms, or one sentence on why not."""

import io
import math
import re
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from kassandra.contracts.errors import KassandraError

LONGEST = 1 << 26  # samples of all channels: 20 minutes of one at 48 kHz, where words take seconds
LARGEST = 1 << 30  # bytes of a file
RATES = (1_000, 1_000_000)  # Hz
ENDINGS = {  # of the names of files that claim to be recordings
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
    ".rf64", ".wv", ".voc", ".m4a", ".aac", ".wma", ".amr", ".3gp", ".webm", ".mp4", ".sph", ".nist",
}  # fmt: skip
# Of the formats that libsndfile knows: a text or a picture is not handed to it only because its name does not say so.
BEGINNINGS = re.compile(
    rb"RIFF|RIFX|RF64|riff|fLaC|OggS|FORM|caff|\.snd|dns\.|ID3|\xff[\xe0-\xff]|NIST_1A|Creative Voice", re.DOTALL
)


def read(path: Path, sample_rate: int, shortest: int = 1) -> NDArray[np.float32]:
    """(samples,) at `sample_rate`, full scale being 1; several channels become their mean.

    By soundfile, for the standard library's `wave` knows no floating point, and scipy's reader answers a damaged file
    with whatever exception comes first.

    Args:
        sample_rate: Hz. shortest: samples at that rate that there must be.

    Raises:
        KassandraError: there is no such file, it holds no sound that can be read, or what it holds `checked` refuses.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise KassandraError(f"{path}: {path.stat().st_size:,} bytes; at most {LARGEST:,} are read")
        content = path.read_bytes()
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file") from None
    except OSError as error:
        raise KassandraError(f"{path}: cannot be read: {error.strerror}") from None
    return decoded(content, sample_rate, shortest, str(path))


def decoded(content: bytes, sample_rate: int, shortest: int, where: str) -> NDArray[np.float32]:
    """As `read`, of the content of a file.

    Args:
        where: how errors begin.
    """
    try:
        # From memory: of an open file soundfile takes the name, and trusts the ending .raw.
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if file.frames * file.channels > LONGEST:  # or so its header says, before memory is taken for it
                raise KassandraError(
                    f"{where}: {file.frames:,} × {file.channels} samples; at most {LONGEST:,} are read"
                )
            waveform, rate = file.read(dtype="float64", always_2d=True), file.samplerate
    except soundfile.LibsndfileError as error:
        raise KassandraError(f"{where}: no sound file that can be read ({error.error_string.rstrip('.')})") from None
    if not RATES[0] <= rate <= RATES[1]:
        raise KassandraError(f"{where}: a rate of {rate} Hz is none of a recording; expected {RATES[0]} to {RATES[1]}")
    return checked(resampled(waveform.mean(1), rate, sample_rate), sample_rate, shortest, where)


def is_recording(path: Path) -> bool:
    """By content, of a file whose name does not claim to be one."""
    try:
        with path.open("rb") as file:
            if not BEGINNINGS.match(file.read(16)):
                return False
        with soundfile.SoundFile(io.BytesIO(path.read_bytes() if path.stat().st_size <= LARGEST else b"")):
            return True
    except (OSError, RuntimeError):
        return False


def resampled(waveform: NDArray[np.float64], rate: int, wanted: int) -> NDArray[np.float64]:
    """(samples,) at `wanted` Hz, of a waveform at `rate` Hz; what is above half of the lower rate is filtered out."""
    if rate == wanted or not len(waveform):
        return waveform
    common = math.gcd(rate, wanted)
    return np.asarray(resample_poly(waveform, wanted // common, rate // common))


def checked(waveform: NDArray[np.floating], sample_rate: int, shortest: int, where: str) -> NDArray[np.float32]:
    """The waveform in single precision.

    Args:
        shortest: samples that there must be. where: how errors begin.

    Raises:
        KassandraError: it is empty, too short or silent, or holds what is no number.
    """
    if not len(waveform):
        raise KassandraError(f"{where}: holds no sound; its length is 0")
    with np.errstate(over="ignore"):
        waveform = np.asarray(waveform, np.float32)  # before it is looked at: what is too large becomes infinite here
    if not np.isfinite(waveform).all():
        raise KassandraError(f"{where}: {np.sum(~np.isfinite(waveform)):,} samples are no numbers (NaN or infinite)")
    if len(waveform) < shortest:
        long, least = (1000 * samples / sample_rate for samples in (len(waveform), shortest))
        raise KassandraError(f"{where}: too short, {long:.4g} ms; one frame alone is {least:.4g} ms")
    if waveform.min() == waveform.max():
        raise KassandraError(f"{where}: silent from beginning to end; every sample is {waveform[0]:g}")
    return waveform
