"""Reads a notebook's parameters cell and checks values against it, before any kernel starts.

Reads the code, never runs it: papermill's own inspection misses `x: int | None = None` and drops a line with two `=`,
so the cell is parsed here. Checks only a value's type, and whether it is one of those that the line's comment lists
behind "one of:"; for the rest see `parameter_checks`.
"""

import ast
import io
import json
import re
import shlex
import tokenize
from pathlib import Path
from typing import Any, NamedTuple

from llamax_kit.app.yaml_values import Written, read_yaml
from llamax_kit.runs.provenance import has_secret
from llamax_kit.tasks.defaults import AUTO
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import is_file, refuse_pointer

GONE = {"chrf": 'name the metrics instead, as in metrics: "spBLEU chrF++", or "spBLEU" alone'}  # of older files


class Parameter(NamedTuple):
    """One line of a parameters cell: `sentences: int = 0  # how many, 0 means all`."""

    name: str
    type: str  # as annotated: "int", "str | None"; of an unannotated line, the default's type
    default: Any
    help: str  # the line's comment: what it means, legal values


class WrongValue(KitError):
    """A parameter's value that its notebook does not take. Has `parameter` and `given`."""

    def __init__(self, notebook: str, parameter: Parameter, given: Any, remedy: str):
        self.parameter, self.given = parameter, given
        meaning = f" ({parameter.help})" if parameter.help else ""
        super().__init__(
            f"parameter {parameter.name!r} of {notebook} is {_article(parameter.type)}{meaning}, "
            f"got {type(given).__name__} {given!r}. To mend: {remedy}"
        )


def cells(notebook: Path) -> list[dict]:
    """Read a notebook's cells, each with its `source` as one text.

    Raises KitError when the file is not a notebook.
    """
    try:
        refuse_pointer(notebook)
        content = json.loads(Path(notebook).read_text(encoding="utf-8"))
        read = [{**cell, "source": "".join(cell["source"])} for cell in content["cells"]]
        if not all(isinstance(cell.get("metadata", {}), dict) for cell in read):
            raise ValueError("the metadata of a cell is no mapping")
        return read
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise KitError(
            f"expected a Jupyter notebook (JSON with cells), got {notebook}: {error}. "
            f"To mend: name a file that JupyterLab opens as a notebook"
        ) from error


def parameters(notebook: Path) -> list[Parameter]:
    """Read the parameters cell; a notebook without one has no parameters.

    `sentences: int = 0  # 0 means all` is `Parameter("sentences", "int", 0, "0 means all")`.

    Raises KitError for a line that is not `name: type = literal`.
    """
    tagged = [cell for cell in cells(notebook) if "parameters" in _tags(cell)]
    if not tagged:
        return []
    source = tagged[0]["source"]
    try:
        comments, lines = _comments(source), ast.parse(source).body
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "lineno", None)
        raise KitError(
            f"the parameters cell of {notebook} is no Python{f', in its line {at}' if at else ''}: {error}. To mend: "
            f"write lines of the form `name: type = value`"
        ) from error
    return [_parameter(line, comments, Path(notebook).stem) for line in lines]


def _tags(cell: dict) -> list:
    tags = cell.get("metadata", {}).get("tags")
    return tags if isinstance(tags, list) else []


def check(notebook: Path, values: dict[str, Any], written: Written | None = None) -> None:
    """Check that a notebook takes these values; `written`: how they were written, for messages (see `given_values`).

    A whole number is accepted for a float, no other type for another. A parameter of the type `int | str` takes one
    text, "auto".

    Raises UnknownName for a parameter it does not have, or a value that is none of its `choices`; WrongValue for a
    value of another type; KitError for an access token (everybody could read it in the executed notebook).
    """
    known, stem = {parameter.name: parameter for parameter in parameters(notebook)}, Path(notebook).stem
    for name, given in values.items():
        if unfit := re.search("[\0\ud800-\udfff]", f"{name} {given}"):
            raise KitError(
                f"the value of parameter {name!r} holds {unfit[0]!r}, which no text or path of a file can hold. "
                f"To mend: take it out"
            )
        if has_secret(f"{name} {given}"):
            raise KitError(
                f"the value of parameter {name!r} holds an access token, and values stay readable in the executed "
                f"notebook. To mend: set it as an environment variable instead, as in HF_TOKEN=… llamax-kit run …"
            )
        if name not in known:
            see = GONE.get(name) or f"see them with: llamax-kit run {stem} --help-notebook"
            raise UnknownName(f"parameter of {stem}", given=name, choices=known, remedy=see)
        if not _fits(given, known[name]):
            text = (written or {}).get((name, repr(given)))
            raise WrongValue(stem, known[name], given, _remedy(name, given, known[name], text))
        if (legal := choices(known[name])) and given not in legal:
            raise UnknownName(f"{name} of {stem}", given=given, choices=legal, remedy="use one of these")


def choices(parameter: Parameter) -> list[str]:
    """List a parameter's legal values where its comment names them all, behind "one of:"; else nothing.

    `# of the verdicts, one of: holm (each is claimed), bh; see below` has ["holm", "bh"].
    """
    listed = re.search(r"\bone of: ([^;]+)", parameter.help)
    return re.sub(r"\s*\([^)]*\)", "", listed[1]).split(", ") if listed else []


def _parameter(line: ast.stmt, comments: dict[int, str], stem: str) -> Parameter:
    annotated = isinstance(line, ast.AnnAssign)
    try:
        name, default = (line.target if annotated else line.targets[0]).id, ast.literal_eval(line.value)
    except (AttributeError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise KitError(
            f"line {line.lineno} of the parameters cell of {stem} is {ast.unparse(line)!r}, expected "
            f"`name: type = value` with a literal value. To mend: derive values in a later cell; papermill injects "
            f"its own after this one, and what is derived here would keep the old values"
        ) from error
    kind = ast.unparse(line.annotation) if annotated else type(default).__name__
    return Parameter(name, kind, default, comments.get(line.end_lineno, ""))


def _comments(source: str) -> dict[int, str]:
    """Return the comments by line number, without the hash sign."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}


def _fits(given: Any, parameter: Parameter) -> bool:
    kinds = [kind.strip() for kind in parameter.type.split("|")]
    if isinstance(given, str) and "str" in kinds and {"int", "float"} & {*kinds}:
        return given == AUTO  # the one text that such a number may be
    return type(given).__name__.replace("NoneType", "None") in kinds or (type(given) is int and "float" in kinds)


def _remedy(name: str, given: Any, parameter: Parameter, written: str | None) -> str:
    if parameter.type == "str" and isinstance(given, (bool, int, float, type(None))):
        guess = ("yes" if given else "no") if isinstance(given, bool) else str(given)
        text = guess if written in (None, "true", "false") else written
        line, raw = f"{name}: '{text}'", f"-r {name} {shlex.quote(text)}"
        if not text:
            return f"write {line} for an empty text, or leave it out for the default {parameter.default!r}"
        if isinstance(given, bool):
            return (
                f"put text in quotes, as in {line}, since YAML reads no, off, yes and on as False or True; on the "
                f'command line, {raw} or -y "{line}"'
            )
        return f'give it as text: {raw} on the command line, {line} in a YAML file, or -y "{line}"'
    if parameter.default == AUTO and isinstance(given, str):
        return f"write {AUTO}, or a number: -p {name} 100 on the command line, {name}: 100 in a YAML file"
    if parameter.type == "str":
        return f"write it as one text, as in the default {parameter.default!r}"
    return f"give a value such as the default {parameter.default!r}"


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("int") else f"a {kind}"


def given_values(
    parameters=(), parameters_raw=(), parameters_file=(), parameters_yaml=(), parameters_base64=(), *,
    written: Written | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the values of papermill's options, in papermill's order: -b, -f, -y, -p, -r; the later one wins.

    `given_values(parameters=[("sentences", "5")])` is `{"sentences": 5}`. written: filled with how each value was
    written, by its name and what it was read as: of `run: 007` it is `{("run", "7"): "007"}`.

    Raises KitError when a file is missing, a YAML text is not a mapping of names to values, or -p or -r names a
    parameter twice, of which papermill itself takes the last without a message.
    """
    import base64

    from papermill.cli import _resolve_type

    for option, given in (("-p", parameters), ("-r", parameters_raw)):
        names = [name for name, _ in given]
        for twice in (name for name in names if names.count(name) > 1):
            texts = ", ".join(repr(text) for name, text in given if name == twice)
            raise KitError(
                f"{option} {twice} is given {names.count(twice)} times ({texts}), expected once: it takes one value. "
                f"To mend: keep the one that is meant"
            )
    values: dict[str, Any] = {}
    written = {} if written is None else written
    for encoded in parameters_base64:
        try:
            text = base64.b64decode("".join(encoded.split()), validate=True).decode("utf-8")
        except ValueError as error:
            raise KitError(
                f"-b takes UTF-8 text that is base64-encoded, got {encoded[:40]!r}: {error}. "
                f"To mend: encode the YAML with base64, or give it as it is with -y"
            ) from error
        values |= _mapping("-b", text=text, written=written)
    for path in parameters_file:
        if not is_file(path):
            raise KitError(f"no parameter file {path}. To mend: name one of params/<notebook>/*.yml, or your own")
        refuse_pointer(path)
        try:
            values |= _mapping(path, text=Path(path).read_text(encoding="utf-8"), written=written)
        except UnicodeDecodeError as error:
            raise KitError(f"expected UTF-8 in {path}: {error}. To mend: save it as UTF-8") from error
    for text in parameters_yaml:
        values |= _mapping("-y", text=text, written=written)
    try:
        typed = {name: _resolve_type(text) for name, text in parameters}
    except (ValueError, OverflowError) as error:  # of thousands of digits
        raise KitError(f"-p takes a number, True, False, None or text: {error}. To mend: give a shorter one") from error
    written.update({(name, repr(typed[name])): text for name, text in parameters})
    return values | typed | dict(parameters_raw)


def _mapping(where: str, *, text: str, written: Written) -> dict[str, Any]:
    import yaml

    try:
        values = read_yaml(text, written) or {}
    except yaml.YAMLError as error:
        raise KitError(
            f"{where} is not YAML: {error}. To mend: write lines of the form `name: value`, a value in quotes if it "
            f"holds a colon or begins with a sign such as = @ * & % !"
        ) from error
    if not isinstance(values, dict):
        raise KitError(f"{where} must map parameter names to values, got {type(values).__name__} {values!r}. "
                       f"To mend: write lines of the form `name: value`")  # fmt: skip
    return values
