"""Labels in the names of files, and folders that are called nearly like splits."""

import re

import pytest

from kassandra.contracts.errors import KassandraError
from kassandra.detection.name_parts import by_name

NAMES = {
    "beginning": ([f"{('cat', 'dog')[n % 2]}.{n}.jpg" for n in range(40)], {"cat": 20, "dog": 20}),
    "two words": ([f"{('Abyssinian', 'great_pyrenees')[n % 2]}_{n}.jpg" for n in range(40)],
                  {"Abyssinian": 20, "great_pyrenees": 20}),
    "end": ([f"img_{n:03}_{('cat', 'dog')[n % 2]}.jpg" for n in range(40)], {"cat": 20, "dog": 20}),
    "speaker": ([f"{('yes', 'no')[n % 2]}_{('anna', 'ben')[n // 2 % 2]}_{n}.wav" for n in range(40)],
                {"yes": 20, "no": 20}),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_where_in_its_name_the_label_of_a_file_is(name):
    files, counts = NAMES[name]
    pattern, found, _ = by_name(files, None) or ("", {}, "")
    assert found == counts
    assert [re.search(pattern, file)["label"] for file in files[:2]] == list(counts)  # type: ignore[index]


def test_several_parts_may_be_the_label():
    files = [f"{1001 + n % 4}_{('DFA', 'IEO')[n // 2 % 2]}_{('ANG', 'SAD')[n % 2]}_XX.wav" for n in range(40)]
    with pytest.raises(KassandraError, match=r"part 2: DFA, IEO; part 3: ANG, SAD; say which by --target"):
        by_name(files, None)
    found = by_name(files, "part 3")
    assert found is not None
    assert found[1] == {"ANG": 20, "SAD": 20}
    with pytest.raises(KassandraError, match="have no part 7"):
        by_name(files, "part 7")
