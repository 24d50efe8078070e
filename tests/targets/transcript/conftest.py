"""Recordings of tones: a digit is a pitch, and a transcript says which pitches follow each other."""

import numpy as np
import pytest

from tests import recordings

RATE = 4000
PITCH = {"low": 300, "mid": 700, "high": 1500}


def spoken(text, generator):
    parts = []
    for word in text.split():
        time = np.arange(int(RATE * generator.uniform(0.12, 0.2))) / RATE
        parts += [np.sin(2 * np.pi * PITCH[word] * generator.uniform(0.95, 1.05) * time), np.zeros(RATE // 20)]
    wave = np.concatenate(parts)
    return (0.3 * wave + generator.normal(0, 0.01, len(wave))).astype(np.float32)


@pytest.fixture(scope="session")
def tones():
    """Names, texts and waveforms of 60 recordings by two speakers."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(60):
        text = " ".join(generator.choice(list(PITCH), generator.integers(2, 5)))
        rows.append((f"clip{number:02d}", text, "ab"[number % 2], spoken(text, generator)))
    return rows


@pytest.fixture
def layout(tones, tmp_path):
    """A folder in one of the layouts that people have."""

    def write(kind):
        folder = tmp_path / kind
        clips = folder / {"table": "clips", "ljspeech": "wavs", "commonvoice": "clips", "kaldi": "audio"}[kind]
        clips.mkdir(parents=True)
        for name, _, _, wave in tones:
            recordings.write(clips / f"{name}.wav", wave, RATE)
        if kind == "table":
            lines = [f"clips/{name}.wav\t{speaker}\t{text.title()}!" for name, text, speaker, _ in tones]
            (folder / "transcripts.tsv").write_text("file\tvoice\ttext\n" + "\n".join(lines) + "\n")
        elif kind == "ljspeech":
            lines = [f"{name}|{text.title()}|{text}" for name, text, _, _ in tones]
            (folder / "metadata.csv").write_text("\n".join(lines) + "\n")
        elif kind == "commonvoice":
            for split, some in (("train", tones[:40]), ("dev", tones[40:48]), ("test", tones[48:])):
                lines = [f'{speaker}\t{name}.wav\t"{text}' for name, text, speaker, _ in some]
                (folder / f"{split}.tsv").write_text("client_id\tpath\tsentence\n" + "\n".join(lines) + "\n")
        else:
            (folder / "text").write_text("".join(f"{name} {text}\n" for name, text, _, _ in tones))
            (folder / "wav.scp").write_text("".join(f"{name} /elsewhere/{name}.wav\n" for name, *_ in tones))
            (folder / "utt2spk").write_text("".join(f"{name} {speaker}\n" for name, _, speaker, _ in tones))
        return folder

    return write


@pytest.fixture
def keys():
    """What suits these short recordings."""
    return {"sample_rate": RATE, "mels": 16, "stack": 2, "tokens": "words"}
