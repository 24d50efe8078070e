"""`kassandra add` and `kassandra remove`: sections of params.yaml put in and taken out as text, so that comments stay.

A section is its key and all that stands under it, the comments right above it (no blank line between) and those below
it that are indented deeper than its key. What `add` puts in, `remove` takes out: the file has its old bytes again.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

from yaml import MappingNode, Node, SafeLoader, ScalarNode, compose

from kassandra.contracts import artifacts, lock, yaml
from kassandra.contracts.errors import KassandraError
from kassandra.contracts.section import shown, unknown
from kassandra.params.sections.pipeline import LARGEST, NAME, read_pipeline

PARAMS = Path("params.yaml")
RECIPES = Path("recipes")


class _File(NamedTuple):
    """A YAML file as its tree and as its lines: joined by `newline`, they are the file again to the byte."""

    path: Path
    text: str
    newline: str
    lines: list[str]
    tree: dict[Any, Any]

    def line(self, node: Node) -> int:
        """The number of the line, from 0, on which a node begins."""
        return self.text.count(self.newline, 0, node.start_mark.index)

    def root(self) -> MappingNode:
        root = compose(self.text, SafeLoader)
        assert isinstance(root, MappingNode)  # its tree is a dict
        return root


class _Section(NamedTuple):
    """Lines, from 0, of a section: `start` ≤ `key` < `end`. The comments above its key begin at `start`, its last
    comment ends before `end`. `column` is the indent of its key, `width` the characters of its key."""

    name: str
    start: int
    key: int
    end: int
    column: int
    width: int


def add(recipe: Path, name: str | None) -> None:
    """Put the sections of a recipe last under `pipelines:` of params.yaml.

    Args:
        recipe: a file, or the name of one of recipes/.
        name: instead of the name in the recipe, which must then hold one section.

    Raises:
        KassandraError: a file cannot be read, or is not laid out in lines; a name is taken; a value is refused.
            Nothing is written then.
    """
    params = read_file(PARAMS, "run this in the root of the repository")
    known = RECIPES / f"{recipe}.yaml"
    recipe = known if known.is_file() and not recipe.is_file() else recipe
    source = read_file(recipe, f"recipes are {', '.join(sorted(one.stem for one in RECIPES.glob('*.yaml')))}")
    report, new = _put_in(params, source, name)
    print("\n".join([*report, f"Next: dvc repro {' '.join(f'evaluate@{key}' for key in new)}"]))


def add_text(recipe: str, origin: str) -> None:
    """The same of a recipe that is no file, but was written by `origin`; what stands in params.yaml stays to the byte.

    Raises:
        KassandraError: as of `add`.
    """
    tree = yaml.parse(recipe, origin)
    file = _File(Path(origin), recipe, "\n", recipe.split("\n"), tree)
    report, _ = _put_in(read_file(PARAMS, "run this in the root of the repository"), file, None)
    print(report[0])


def refuse_taken(name: str) -> None:
    """Raises: KassandraError: params.yaml cannot be read, a pipeline has this name, or none can have it."""
    pipelines = read_file(PARAMS, "run this in the root of the repository").tree.get("pipelines")
    if isinstance(pipelines, dict) and name in pipelines:
        instead = f"`--name OTHER` gives this one another name, `kassandra remove {name}` takes that one out"
        raise KassandraError(f"{PARAMS}: a pipeline {name!r} stands there already; {instead}")
    check_name(name)


def _put_in(params: _File, source: _File, name: str | None) -> tuple[list[str], list[str]]:
    """Writes the sections of a recipe into params.yaml; what to report, and their names."""
    recipe, parts = source.path, _recipe(source)
    if name is not None and len(parts) > 1:
        raise KassandraError(f"{recipe}: --as renames one section, here are {[section.name for section in parts]}")
    new = {section.name if name is None else name: source.tree[section.name] for section in parts}
    pipelines = params.tree.get("pipelines")
    for key, value in new.items():
        _check_new(key, value, pipelines if isinstance(pipelines, dict) else {}, alone=len(new) == 1)
    key_line, column, sections = _pipelines(params)
    at = _after_comments(params.lines, sections[-1].end if sections else key_line + 1, column)
    lines, block, report = list(params.lines), list[str](), list[str]()
    if not sections:
        lines[key_line] = lines[key_line].replace(": {}", ":", 1)
    for place, (key, section) in enumerate(zip(new, parts, strict=True)):
        above = source.lines[parts[place - 1].end if place else 0 : section.key]
        below = source.lines[section.end :] if section == parts[-1] else []
        head = _comments(above)  # without a blank line, so that `remove` knows it as one
        first = key + source.lines[section.key][section.width :]
        rest = [*source.lines[section.key + 1 : section.end], *("  " + line for line in _comments(below))]
        separator = [""] if block or at > key_line + 1 else []
        block += separator + [" " * column + line if line else "" for line in [*head, first, *rest]]
        report += [f"Added {key!r} to {PARAMS}.", *(f"  {line}" for line in head)]
    lines[at:at] = block
    _write(params, lines, params.tree | {"pipelines": (pipelines or {}) | new}, list(new))
    return report, list(new)


def remove(name: str) -> None:
    """Take a section and its comments out of params.yaml, and list what else this pipeline has left.

    Raises:
        KassandraError: params.yaml cannot be read, has no such pipeline, or is not laid out in lines. Nothing is
            written then.
    """
    params = read_file(PARAMS, "run this in the root of the repository")
    key_line, _, sections = _pipelines(params)
    section = next((section for section in sections if section.name == name), None)
    if section is None:
        raise KassandraError(unknown(str(PARAMS), "pipeline", name, [section.name for section in sections]))
    lines = list(params.lines)
    above = section.start - 1
    del lines[above if above > key_line and not lines[above].strip() else section.start : section.end]
    if len(sections) == 1:
        lines[key_line] = re.sub(r"^(\s*[^\s:]+):", r"\1: {}", lines[key_line])
    rest = {key: value for key, value in params.tree["pipelines"].items() if str(key) != name}
    remains = _remains(name)  # before anything is written: dvc.lock may be beyond reading
    _write(params, lines, params.tree | {"pipelines": rest}, [])
    print("\n".join([f"Removed {name!r} from {PARAMS}.", *remains]))


def rename_section(old: str, new: str) -> None:
    """Give a section of params.yaml another name; every other character stays.

    Raises:
        KassandraError: as of `remove`; or the new name is taken, or can be none.
    """
    params = read_file(PARAMS, "run this in the root of the repository")
    _, _, sections = _pipelines(params)
    section = next((section for section in sections if section.name == old), None)
    if section is None:
        raise KassandraError(unknown(str(PARAMS), "pipeline", old, [section.name for section in sections]))
    _check_new(new, None, params.tree["pipelines"], alone=False)
    lines = list(params.lines)
    written = lines[section.key]
    lines[section.key] = written[: _indent(written)] + new + written[_indent(written) + section.width :]
    pipelines = {new if str(key) == old else key: value for key, value in params.tree["pipelines"].items()}
    _write(params, lines, params.tree | {"pipelines": pipelines}, [])


def _remains(name: str) -> list[str]:
    """What a removed pipeline leaves behind, a line for the results and one for DVC."""
    rooms = (artifacts.RAW, artifacts.PREPARED, artifacts.MODELS, artifacts.PREDICTIONS, artifacts.METRICS)
    folders = [room / name for room in (*rooms, artifacts.COSTS)]
    tables = [artifacts.BASELINES / f"{name}.parquet", artifacts.PRETRAINED / f"{name}.safetensors"]
    checkpoints = [at for at in artifacts.CHECKPOINTS.glob(f"{name}-*") if at.name.rpartition("-")[0] == name]
    left = [str(path) for path in [*folders, *tables, *sorted(checkpoints)] if path.exists()]
    lines = [f"Its results remain; delete what you no longer need: {' '.join(left)}"] if left else []
    text = lock.LOCK.read_text(encoding="utf-8", errors="replace") if lock.LOCK.exists() else ""
    if stages := [f"{stage}@{name}" for stage in lock.parse(text, str(lock.LOCK)).get(name, {})]:
        # DVC asks dvc.lock for the stages that dvc.yaml has, not the other way round; the guard reads all of it.
        lines.append(
            f"{lock.LOCK} still names {', '.join(stages)}: DVC passes over them, and they spare the work if the same "
            f"section is added again. Delete them when you delete {artifacts.METRICS / name}, for `make guard` looks "
            "for all metrics named there; `dvc gc --workspace` frees DVC's cache of whatever no pipeline here uses."
        )
    return lines


def check_name(name: Any) -> None:
    """Raises: KassandraError: no pipeline can have this name."""
    if not (isinstance(name, str) and NAME.fullmatch(name) and yaml.parse(name, name) == name):
        rule = "letters, digits, '_' and '-' do, one of the first two first; no number, and no null or true"
        raise KassandraError(f"{shown(name)} cannot name a pipeline: {rule}")


def _check_new(name: str, section: Any, pipelines: dict[Any, Any], alone: bool) -> None:
    check_name(name)
    if name not in pipelines:
        return
    if repr(pipelines[name]) == repr(section):  # repr: 1, 1.0 and true are not the same here, though they are equal
        same = f"the very same section {name!r} stands there already"
        raise KassandraError(f"{PARAMS}: {same}; `dvc repro evaluate@{name}` runs it")
    other = ", or `--as OTHER` to have both" if alone else ""
    taken = f"another pipeline {name!r} stands there already"
    raise KassandraError(f"{PARAMS}: {taken}; `kassandra remove {name}` first{other}")


def _recipe(file: _File) -> list[_Section]:
    """The sections of a recipe, all in the first column, with nothing beside them but comments."""
    if stray := [key for key in ("pipelines", "seed") if key in file.tree]:
        raise KassandraError(f"{file.path}: {stray[0]!r} is for {PARAMS}; a recipe holds what stands under 'pipelines'")
    root = file.root()
    if root.value and not root.flow_style and not any(re.match(r"---|\.\.\.|%", line) for line in file.lines):
        sections = _sections(file, root, above=-1, below=len(file.lines))
        if sections[0].column == 0 and all(section.name in file.tree for section in sections):
            return sections
    raise KassandraError(
        f"{file.path}: expected comments and sections as under 'pipelines', each name (not a number) first on its line"
    )


def _pipelines(file: _File) -> tuple[int, int, list[_Section]]:
    """The line of `pipelines:`, the indent of the names under it, and its sections; none where none stand there."""
    entries = file.root().value
    place = next((place for place, (key, _) in enumerate(entries) if key.value == "pipelines"), None)
    if place is None:
        raise KassandraError(f"{file.path}: key 'pipelines' is missing; write 'pipelines: {{}}' for a start")
    key, value = entries[place]
    line = file.line(key)
    if isinstance(value, MappingNode) and not value.flow_style:
        below = file.line(entries[place + 1][0]) if entries[place + 1 :] else len(file.lines)
        sections = _sections(file, value, above=line, below=below)
        return line, sections[0].column, sections
    after = file.text[key.end_mark.index :]
    if isinstance(value, MappingNode) and not value.value and after.startswith(": {}"):
        return line, _indent(file.lines[line]) + 2, []
    if isinstance(value, ScalarNode) and not value.value and after.startswith(":"):  # nothing stands there yet
        return line, _indent(file.lines[line]) + 2, []
    raise KassandraError(
        f"{file.path}: line {line + 1}: under 'pipelines:', put each section on lines of its own, without braces, or "
        "write 'pipelines: {}' for none"
    )


def _sections(file: _File, mapping: MappingNode, above: int, below: int) -> list[_Section]:
    """The sections of a mapping in block style, which lies between the lines `above` and `below`."""
    lines, keys = file.lines, [key for key, _ in mapping.value]
    starts, outer = [file.line(key) for key in keys], _indent(lines[above]) if above >= 0 else -1
    sections: list[_Section] = []
    for key, first, stop in zip(keys, starts, [*starts[1:], below], strict=True):
        column, width = _indent(lines[first]), key.end_mark.index - key.start_mark.index
        if not isinstance(key, ScalarNode) or not lines[first][column + width :].startswith(":"):
            raise KassandraError(f"{file.path}: line {first + 1} must begin with a name and ':'")
        of_it = (number for number in range(first, stop) if lines[number].strip() and _indent(lines[number]) > outer)
        last = max(number for number in of_it if not _is_comment(lines[number]))
        # What ends a text block and looks like a comment is indented deeper than the key, as the comments that follow.
        end = _after_comments(lines, last + 1, column + 1)
        start, bound = first, sections[-1].end if sections else above + 1
        while start > bound and _is_comment(lines[start - 1]):
            start -= 1
        sections.append(_Section(key.value, start, first, end, column, width))
    return sections


def _after_comments(lines: list[str], start: int, column: int) -> int:
    """Past the comments from `start` on that are indented at least to `column`, blank lines among them or not."""
    end = start
    for number, line in enumerate(lines[start:], start):
        if _is_comment(line) and _indent(line) >= column:
            end = number + 1
        elif line.strip():
            break
    return end


def _comments(lines: list[str]) -> list[str]:
    """Comments from the first column on, with `#` for the blank lines between them."""
    kept = [number for number, line in enumerate(lines) if line.strip()]
    return [line.strip() or "#" for line in lines[kept[0] : kept[-1] + 1]] if kept else []


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def read_file(path: Path, instead: str) -> _File:
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise KassandraError(f"{path}: too large: expected at most {LARGEST:,} bytes of such a file")
        text = content.decode()
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file; {instead}") from None
    except OSError as error:
        raise KassandraError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KassandraError(f"{path}: cannot be read: write it in UTF-8") from None
    newline = "\r\n" if 0 < text.count("\n") == text.count("\r\n") else "\n"
    tree = yaml.parse(text, str(path))
    if not isinstance(tree, dict):
        raise KassandraError(f"{path}: expected keys and sections, got {shown(tree)}")
    return _File(path, text, newline, text.split(newline), tree)


def _write(file: _File, lines: list[str], expected: dict[Any, Any], new: list[str]) -> None:
    """Write these lines if they mean what is expected, and each new pipeline passes the checks; else nothing."""
    text = file.newline.join(lines)
    try:
        same = repr(yaml.parse(text, str(file.path))) == repr(expected)
    except KassandraError:
        same = False
    if not same:
        raise KassandraError(f"{file.path}: anchors, tags or texts of several lines stand in the way; edit it by hand")
    with artifacts.whole(file.path) as partial:
        partial.write_bytes(text.encode())
        for name in new:
            try:
                read_pipeline(name, partial)
            except KassandraError as error:
                raise KassandraError(str(error).replace(str(partial), str(file.path))) from None
