"""parameters: the cell is read where papermill's own inspection is blind, and wrong values are told before a kernel."""

import base64
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from llamax_kit.app import parameters
from llamax_kit.utils.errors import KitError, UnknownName

CELL = """\
run: str = "first"  # the folder in outputs/
sentences: int = 0  # the first n; 0 means all
limit: int | None = None  # tokens
temperature: float = 0.5  # a=1 is b=2
fresh: bool = False
plain = "x"  # unannotated
long: str = (
    "one "
    "two"
)  # over lines
"""


def write(folder: Path, source: str) -> Path:
    cell = new_code_cell(source, metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[new_code_cell("import os"), cell], metadata=kernel), folder / "04_some.ipynb")
    return folder / "04_some.ipynb"


@pytest.fixture
def notebook(tmp_path) -> Path:
    return write(tmp_path, CELL)


def test_every_line_is_read_with_type_default_and_meaning(notebook):
    assert parameters.parameters(notebook) == [
        ("run", "str", "first", "the folder in outputs/"),
        ("sentences", "int", 0, "the first n; 0 means all"),
        ("limit", "int | None", None, "tokens"),
        ("temperature", "float", 0.5, "a=1 is b=2"),
        ("fresh", "bool", False, ""),
        ("plain", "str", "x", "unannotated"),
        ("long", "str", "one two", "over lines"),
    ]


def test_papermill_itself_is_blind_where_the_kit_reads(notebook):
    from papermill import inspect_notebook

    assert not {"limit", "temperature"} & inspect_notebook(notebook).keys()


def test_a_notebook_without_a_parameters_cell_has_none(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), tmp_path / "n.ipynb")
    assert parameters.parameters(tmp_path / "n.ipynb") == []


@pytest.mark.parametrize("line", ["a = b", "a: int = len('x')", "import os", "a, b = 1, 2", "a.b = 1", "a: int"])
def test_a_derived_value_in_the_cell_is_refused(line, tmp_path):
    with pytest.raises(KitError, match="line 2 .*04_some.*in a later cell"):
        parameters.parameters(write(tmp_path, f"x: int = 1\n{line}"))


@pytest.mark.parametrize(
    "values",
    [{}, {"run": "x", "sentences": 5, "limit": None, "temperature": 1.5}, {"limit": 3, "temperature": 1}],
)
def test_values_of_the_right_type_pass(values, notebook):
    parameters.check(notebook, values)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("sentences", "5", "'sentences' of 04_some is an int (the first n; 0 means all), got str '5'"),
        ("sentences", 5.0, "is an int (the first n; 0 means all), got float 5.0"),
        ("sentences", True, "is an int (the first n; 0 means all), got bool True"),
        ("sentences", None, "got NoneType None"),
        ("limit", "none", "'limit' of 04_some is an int | None (tokens), got str 'none'"),
        ("temperature", "0.5", "is a float (a=1 is b=2), got str '0.5'"),
        ("fresh", "True", "'fresh' of 04_some is a bool, got str 'True'"),
        ("fresh", 1, "is a bool, got int 1. To mend: give a value such as the default False"),
        ("run", 2024, "got int 2024. To mend: give it as text: -r run 2024 on the command line, run: '2024' in a YAML"),
        ("run", ["a", "b"], "got list ['a', 'b']. To mend: write it as one text, as in the default 'first'"),
    ],
)
def test_a_value_of_the_wrong_type_is_told_with_what_was_expected(name, given, expected, notebook):
    with pytest.raises(parameters.WrongValue) as caught:
        parameters.check(notebook, {name: given})
    assert expected in str(caught.value)
    assert (caught.value.parameter.name, caught.value.given) == (name, given)


def test_a_value_that_is_none_of_a_closed_list_is_refused(tmp_path):
    lines = 'by: str = "bh"  # verdicts, one of: holm (each, claimed), bh; as printed\nn: str = "x"  # any'
    closed = write(tmp_path, lines)
    assert [parameters.choices(each) for each in parameters.parameters(closed)] == [["holm", "bh"], []]
    parameters.check(closed, {"by": "holm", "n": "y"})
    with pytest.raises(UnknownName, match="by of 04_some 'hlom'.*holm, bh"):
        parameters.check(closed, {"by": "hlom"})


def test_a_number_that_may_follow_the_corpus_is_a_whole_number_or_auto_and_nothing_else(tmp_path):
    follows = write(tmp_path, 'sentences: int | str = "auto"  # the first n; auto: as the corpus')
    for given in (0, 40, "auto"):
        parameters.check(follows, {"sentences": given})
    for given in ("40", "all", "Auto", "", 4.0, True, None):
        with pytest.raises(parameters.WrongValue) as caught:
            parameters.check(follows, {"sentences": given})
        got = f"got {type(given).__name__} {given!r}"
        assert f"is an int | str (the first n; auto: as the corpus), {got}" in str(caught.value)
    with pytest.raises(parameters.WrongValue, match="got str '40'.*auto.*-p sentences 100"):
        parameters.check(follows, {"sentences": "40"})


def test_an_unknown_parameter_names_those_there_are(notebook):
    expected = "unknown parameter of 04_some 'sentence'. One of: run, sentences,.*--help-notebook"
    with pytest.raises(UnknownName, match=expected):
        parameters.check(notebook, {"sentence": 5})


def test_a_token_never_gets_into_an_executed_notebook(notebook, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "plain-looking-value")
    for value in ("hf_" + "A1b2" * 8, "x plain-looking-value"):
        with pytest.raises(KitError, match="holds an access token.*environment variable instead") as caught:
            parameters.check(notebook, {"run": value})
        assert value not in str(caught.value)


def test_what_is_not_a_notebook_is_told(tmp_path):
    (tmp_path / "x.ipynb").write_text("{}")
    with pytest.raises(KitError, match="x.ipynb.*To mend: name a file"):
        parameters.parameters(tmp_path / "x.ipynb")


def test_values_come_together_as_papermill_puts_them(tmp_path):
    (tmp_path / "a.yml").write_text("a: file\nb: file\nday: 2024-01-01\n")
    values = parameters.given_values(
        parameters=[("c", "5"), ("d", "True"), ("e", "0.5"), ("f", "None"), ("g", "en-de")],
        parameters_raw=[("h", "5")],
        parameters_file=[str(tmp_path / "a.yml")],
        parameters_yaml=["b: yaml"],
        parameters_base64=[base64.b64encode(b"a: base\nz: base").decode()],
    )
    assert values == {
        "a": "file", "b": "yaml", "c": 5, "d": True, "e": 0.5, "f": None, "g": "en-de", "h": "5",
        "z": "base", "day": "2024-01-01",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[1, 2]", "just words", "a: b: c"])
def test_yaml_that_is_no_mapping_is_told(text):
    with pytest.raises(KitError, match="(?s)-y .*lines of the form `name: value`"):
        parameters.given_values(parameters_yaml=[text])


@pytest.mark.parametrize("text", ["x", "not base64!", base64.b64encode(b"\xff").decode()])
def test_what_is_no_base64_is_told(text):
    with pytest.raises(KitError, match="-b .*base64.*To mend: .*-y"):
        parameters.given_values(parameters_base64=[text])


def test_base64_in_lines_as_the_program_of_that_name_writes_it_is_read():
    assert parameters.given_values(parameters_base64=[base64.encodebytes(b"a: " + b"x" * 99).decode()]) == {
        "a": "x" * 99
    }


def test_a_parameter_file_in_another_encoding_is_told(tmp_path):
    (tmp_path / "a.yml").write_bytes("run: caf\u00e9\n".encode("latin-1"))
    with pytest.raises(KitError, match="a.yml.*0xe9.*save it as UTF-8"):
        parameters.given_values(parameters_file=[tmp_path / "a.yml"])


def test_a_parameter_that_one_option_names_twice_is_refused():
    for option, kind in (("-p", "parameters"), ("-r", "parameters_raw")):
        with pytest.raises(KitError, match=f"{option} run .*2 times.*'a', 'b'.*To mend: keep"):
            parameters.given_values(**{kind: [("run", "a"), ("sentences", "1"), ("run", "b")]})
    assert parameters.given_values(parameters=[("run", "a")], parameters_raw=[("run", "b")]) == {"run": "b"}


def test_a_parameter_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(KitError, match="none.yml.*params/"):
        parameters.given_values(parameters_file=[str(tmp_path / "none.yml")])
