"""Transcripts in many files: LibriSpeech's lists, and a .txt for each recording, beside it or elsewhere."""

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.params.inputs.audio import TranscriptsSource
from kassandra.sources.own.transcripts import listing


def listed(raw):
    rows = listing(raw, TranscriptsSource(path=str(raw)), {".flac", ".wav"}).rows
    return {(row.file.relative_to(raw).as_posix(), row.text, row.speaker, row.split) for row in rows}


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_librispeech(tmp_path):
    for split, speaker in (("train-clean-5", 84), ("test-clean", 1272)):
        folder = tmp_path / "LibriSpeech" / split / str(speaker) / "7"
        write(folder / f"{speaker}-7.trans.txt", f"{speaker}-7-0000 GO ON\n{speaker}-7-0001 DO YOU HEAR\n")
        for number in (0, 1):
            write(folder / f"{speaker}-7-000{number}.flac")
    assert listed(tmp_path / "LibriSpeech") == {
        ("train-clean-5/84/7/84-7-0000.flac", "GO ON", "84", "train"),
        ("train-clean-5/84/7/84-7-0001.flac", "DO YOU HEAR", "84", "train"),
        ("test-clean/1272/7/1272-7-0000.flac", "GO ON", "1272", "test"),
        ("test-clean/1272/7/1272-7-0001.flac", "DO YOU HEAR", "1272", "test"),
    }


@pytest.mark.parametrize("folder", ["wavs", "txt"])
def test_a_text_for_each_recording(folder, tmp_path):
    for number in range(20):
        write(tmp_path / "wavs" / f"p{number}.wav")
        write(tmp_path / folder / f"p{number}.txt", f"0 46797 Please call number {number}.\n")
    assert ("wavs/p3.wav", "Please call number 3.", "", "") in listed(tmp_path)


def test_times_of_parts_are_no_transcripts(tmp_path):
    for number in range(20):
        write(tmp_path / f"{number}.wav")
        write(tmp_path / f"{number}.txt", "0.1\t1.2\tbird\n1.3\t2.1\tcar\n")
    with pytest.raises(KassandraError, match="no table of transcripts"):
        listed(tmp_path)
