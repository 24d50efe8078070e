"""What `kassandra init` writes for 24 small and middling data sets, against the strongest baseline and a short search.

    python -m benchmarks.panel --half choosing              # init's settings and the baselines; continues if stopped
    python -m benchmarks.panel --half choosing --search     # 30 trials for each set, and what the best one gives
    python -m benchmarks.panel --half untouched --search    # once, when nothing is left to choose
    python -m benchmarks.panel --balance                    # what class weights give, and the like

Everything has three seeds but the trials, which have one and are chosen by validation. What is done, by the section
that init writes now, is not done again. → benchmarks/results/panel.json (every run), panel.csv (the table).
"""

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from benchmarks.panel import runs, table
from benchmarks.panel.sets import PANEL
from kassandra.contracts.artifacts import read_json, write_json
from kassandra.contracts.errors import KassandraError

RESULT = Path("benchmarks/results/panel.json").absolute()
KEPT = Path(".checkpoints/panel").absolute()  # the users' files and the runs' folders; may be deleted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("choosing", "untouched"), help="of the panel; both if not given")
    parser.add_argument("--only", help=f"sets, comma-separated, of {', '.join(PANEL)}")
    parser.add_argument("--search", action="store_true", help="also search, 30 trials for each set")
    parser.add_argument("--balance", action="store_true", help="class weights, balanced batches and temperatures")
    parser.add_argument("--advice", action="store_true", help="what init wrote first and lost, and what it says to try")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else list(PANEL)
    if strange := [name for name in names if name not in PANEL]:
        parser.error(f"--only: no set {strange[0]!r}; sets are {list(PANEL)}")
    for name in names:
        if arguments.half in (None, PANEL[name].half):
            one(name, arguments.search, arguments.balance and name in runs.UNEQUAL)
            if arguments.advice:
                advised(name)
    print(table.write(read_json(RESULT)["runs"]))


def advised(name: str) -> None:
    """Of a set of which init's first settings lost to a baseline."""
    done = read_json(RESULT)["runs"]
    of = {each["how"]: each for each in done if each["set"] == name}
    first = of.get("first")
    if not first or "advised" in of or table.gain(first["score"], first["value"], first["of_baseline"]) >= 0:
        return
    if (found := runs.advised(name, KEPT / name, first["section"])) is None:
        print(f"{name}: nothing is said to be tried", flush=True)
        return
    write_json(RESULT, {"runs": [*done, {"set": name, "half": PANEL[name].half, "how": "advised", **found}]})
    print(f"{name}, {found['tried']}: {first['value']:.4f} becomes {found['value']:.4f}", flush=True)


def one(name: str, search: bool, balance: bool) -> None:
    """A set, as far as it is not done."""
    done = read_json(RESULT)["runs"] if RESULT.exists() else []
    home = KEPT / name
    try:
        with runs.logged(home / "init.txt"):
            section = runs.written(name, home)
    except KassandraError as error:
        print(f"{name}: init refuses it: {error}", flush=True)
        return
    key = runs.digest(section)

    def keep(how: str, found: dict[str, Any]) -> None:
        rest = [each for each in done if (each["set"], each["how"]) != (name, how)]
        done[:] = [*rest, {"set": name, "half": PANEL[name].half, "how": how, "init": key, **found}]
        write_json(RESULT, {"runs": done})
        better = found["value"], found["of_baseline"]
        print(f"{name}, {how}: {found['score']} {better[0]:.4f}, {found['baseline']} {better[1]:.4f}", flush=True)

    known = {each["how"] for each in done if each["set"] == name and each.get("init") == key}
    if "init" not in known:
        keep("init", runs.judged(home, section))
    if search and "search" not in known:
        keep("search", runs.judged(home, runs.searched(name, home, section)))
    if balance and not set(runs.BALANCE) <= known:
        for how, found in runs.balanced(home, section):
            keep(how, found)


if __name__ == "__main__":
    main()
