"""What is shown of addresses, what is reported of failures and of progress, and what is written."""

import ssl

import pytest
import requests
import rich.console

from kassandra.sources.content import Report, Unavailable, write
from kassandra.sources.network import Again, Patience, failure, public, with_retries


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@example.org:8080/data/a.gz?token=secret", "https://example.org:8080/data/a.gz"),
        ("https://me:sec@ret@example.org/a#secret", "https://example.org/a"),
        ("https://example.org/@scope/a", "https://example.org/@scope/a"),
        ("https://me:sec/ret@example.org/a", "(an address that cannot be read)"),
        ("https://[secret/a", "(an address that cannot be read)"),
        ("ftp://me:secret@example.org/a", "ftp://example.org/a"),
    ],
)
def test_no_secret_is_shown(address, shown):
    assert public(address) == shown


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ConnectTimeout("https://me:secret@h"), "no connection within 5 s"),
        (requests.ReadTimeout("https://me:secret@h"), "no answer within 30 s"),
        (requests.exceptions.ProxyError("https://me:secret@h"), "the proxy does not answer or refuses"),
        (requests.exceptions.ContentDecodingError("https://me:secret@h"), "ContentDecodingError"),
        (requests.ConnectionError(OSError(113, "No route to host")), "no connection"),
    ],
)
def test_failures_in_our_words(error, reason):
    raised = failure(error, Patience())
    assert isinstance(raised, Unavailable)
    assert (str(raised), raised.everywhere) == (reason, True)


def test_certificate():
    refused = ssl.SSLCertVerificationError()
    refused.verify_message = "self-signed certificate"
    raised = failure(requests.exceptions.SSLError(refused), Patience())
    assert raised.args == ("its TLS certificate is not accepted: self-signed certificate",)


def test_retries_need_an_attempt():
    def ask():
        raise Again("never asked")

    with pytest.raises(ValueError, match="attempts must be ≥ 1, got 0"):
        with_retries(ask, Patience(attempts=0))


def test_an_endless_stream_is_stopped(made, tmp_path):
    def endless():
        for _ in range(10):
            yield bytes(100)
        pytest.fail("reads on")

    with pytest.raises(Unavailable, match="more than the 350 bytes"):
        write(endless(), tmp_path / "a", made.content("a", bytes(350)), lambda done: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("terminal", [True, False])
def test_bars_on_a_terminal_only(monkeypatch, capsys, terminal):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as CI services set it: a log is a log even so
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    report = Report()
    with report.bar("images.gz", 1000) as track:
        track(400)
    report.say("  [bold]images.gz[/bold]  " + "x" * 200)
    out = capsys.readouterr().out
    assert ("━" in out) is terminal
    assert ("0.4/1.0 kB" in out) is terminal
    assert out.endswith("  [bold]images.gz[/bold]  " + "x" * 200 + "\n")  # neither wrapped nor read as markup
    assert rich.console.Console().is_terminal
