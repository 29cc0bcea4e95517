"""The test sets of questions: each published layout, what is asked to the byte, and what bad files say.

The texts are invented; files that are published are read where the data folder has them.
"""

import json
from collections import Counter

import pyarrow as pa
import pyarrow.parquet
import pytest

from llamax_kit.data import downloads
from llamax_kit.data.questions import Item
from llamax_kit.tasks import cldr_questions, mgsm, msvamp, question_sets, xcsqa, xnli
from llamax_kit.utils.errors import KitError, UnknownName

LABELS = "ABCDE"
STEMS = {
    "en": ("Where do ducks sleep?", "What is wet?"),
    "ja": ("鴨はどこで寝る？", "濡れているのは？"),
    "sw": ("Bata hulala wapi?", "Ni nini majimaji?"),
}
OPTIONS = (("pond", "oven", "sky", "shoe", "desk"), ("sand", "rain", "iron", "salt", "dust"))
PAIRS = [
    ("It rains.", "It is wet.", "entailment"),
    ("It rains.", "Ducks like it.", "neutral"),
    ("It rains.", "It is dry.", "contradiction"),
]
SUMS = [("A duck lays 2 eggs a day. How many in a week?", "14"), ("And in 1,000 days?", "2,000")]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def parquet(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)


def csqa(code="en", hub=False):
    """Two rows as published, or as on the hub."""
    found = []
    for at, (stem, texts) in enumerate(zip(STEMS[code], OPTIONS, strict=True)):
        choices = [{"label": label, "text": text} for label, text in zip(LABELS, texts, strict=True)]
        if hub:
            choices = {"label": list(LABELS), "text": list(texts)}
        found.append(
            {"id": f"id{at}", "lang": code, "question": {"stem": stem, "choices": choices}, "answerKey": "AB"[at]}
        )
    return found


def nli(row, code="en", at=0):
    """A row as published."""
    return {"language": code, "gold_label": row[2], "sentence1": row[0], "sentence2": row[1], "pairID": str(at + 4),
            "genre": "telephone", "match": "True"}  # fmt: skip


def separated(rows):
    return "\n".join(["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]) + "\n"


def together(codes=("en", "sw")):
    """Rows of the hub's `all_languages`."""
    return [{"premise": {code: f"{code} {one}" for code in codes}, "label": at,
             "hypothesis": {"language": list(codes), "translation": [f"{code} {other}" for code in codes]}}
            for at, (one, other, _) in enumerate(PAIRS)]  # fmt: skip


# ------------------------------------------------------------------------------------------- layouts


@pytest.mark.parametrize("name", ["{code}/dev.jsonl", "X-CSR_datasets/X-CSQA/{code}/dev.jsonl", "hub"])
@pytest.mark.parametrize("spelled", ["ja", "jap"])
def test_x_csqa_is_read_as_published_and_from_the_hub(tmp_path, name, spelled):
    for code, own in (("en", "en"), ("ja", spelled)):
        if name == "hub":
            parquet(tmp_path / f"X-CSQA-{own}/validation-00000-of-00001.parquet", csqa(code, hub=True))
        else:
            write(tmp_path / name.replace("{code}", own), lines(csqa(code)))
    assert question_sets.languages_here(xcsqa, tmp_path) == ["ja", "en"]  # as the paper orders them
    items = question_sets.load(xcsqa, "auto", tmp_path)
    assert [(item.id, item.language, item.gold) for item in items] == [
        ("id0", "ja", "A"), ("id1", "ja", "B"), ("id0", "en", "A"), ("id1", "en", "B")]  # fmt: skip
    assert items[2].fields == {
        "stem": "Where do ducks sleep?",
        "a": "pond",
        "b": "oven",
        "c": "sky",
        "d": "shoe",
        "e": "desk",
    }
    assert items[2].options[1] == ("B", "oven") and items[0].fields["stem"] == STEMS["ja"][0]


@pytest.mark.parametrize("layout", ["own", "tsv", "jsonl", "authors", "hub", "hub all"])
def test_xnli_is_read_in_each_layout(tmp_path, layout):
    for code in ("en", "sw"):
        rows = [(f"{code} {one}", f"{code} {other}", label) for one, other, label in PAIRS]
        if layout == "own":
            write(tmp_path / f"test-{code}.tsv", "".join("\t".join(row) + "\n" for row in rows))
        if layout == "hub":
            hub = [
                dict(zip(("premise", "hypothesis", "label"), (*row[:2], at), strict=True))
                for at, row in enumerate(rows)
            ]
            parquet(tmp_path / code / "test-00000-of-00001.parquet", hub)
    published = [nli((f"{code} {row[0]}", f"{code} {row[1]}", row[2]), code, at)
                 for code in ("en", "sw") for at, row in enumerate(PAIRS)]  # fmt: skip
    if layout == "tsv":
        write(tmp_path / "XNLI-1.0/xnli.test.tsv", separated(published))
    if layout == "jsonl":
        write(tmp_path / "xnli.test.jsonl", lines(published))
    if layout == "authors":
        names = {"en": "English", "sw": "Swahili"}
        rows = [{"sentence1": row["sentence1"], "sentence2": row["sentence2"], "label": row["gold_label"].capitalize(),
                 "language": names[row["language"]]} for row in published]  # fmt: skip
        write(tmp_path / "test.json", json.dumps(rows, indent=1))
    if layout == "hub all":
        parquet(tmp_path / "all_languages/test-00000-of-00001.parquet", together())
    assert question_sets.languages_here(xnli, tmp_path) == ["sw", "en"]
    items = question_sets.load(xnli, "en sw", tmp_path)
    assert [item.gold for item in items] == ["Entailment", "Neutral", "Contradiction"] * 2
    assert items[1].fields == {"premise": "en It rains.", "hypothesis": "en Ducks like it."}
    assert items[5].fields == {"premise": "sw It rains.", "hypothesis": "sw It is dry."}
    assert [item.id for item in items] == (["4", "5", "6"] if layout in ("tsv", "jsonl") else ["1", "2", "3"]) * 2


@pytest.mark.parametrize("layout", ["tsv", "hub", "converted"])
def test_mgsm_is_read_as_published_and_from_the_hub(tmp_path, layout):
    if layout == "tsv":
        write(tmp_path / "mgsm_bn.tsv", "".join("\t".join(row) + "\n" for row in SUMS))
    else:
        numbers = [int(gold.replace(",", "")) for _, gold in SUMS]
        rows = [{"question": text, "answer": None, "answer_number": number, "equation_solution": None}
                for (text, _), number in zip(SUMS, numbers, strict=True)]  # fmt: skip
        parquet(tmp_path / ("bn/test-00000-of-00001.parquet" if layout == "hub" else "bn/test/0000.parquet"), rows)
    items = question_sets.load(mgsm, "auto", tmp_path)
    assert items == [Item(str(at), "bn", {"question": text}, gold)
                     for at, (text, gold) in enumerate(zip(dict(SUMS), ("14", "2000"), strict=True), 1)]  # fmt: skip


@pytest.mark.parametrize("layout", ["list", "lines", "jsonl"])
def test_msvamp_is_read_as_a_list_and_as_lines(tmp_path, layout):
    for name in ("Chinese", "Spanish"):
        rows = [{"m_query": text, "response": f"{gold}.0"} for text, gold in SUMS]
        text = json.dumps(rows) if layout == "list" else lines(rows)
        write(tmp_path / f"test_{name}.{'jsonl' if layout == 'jsonl' else 'json'}", text)
    items = question_sets.load(msvamp, "auto", tmp_path)
    assert [(item.language, item.gold) for item in items] == [
        ("zh", "14"),
        ("zh", "2000"),
        ("es", "14"),
        ("es", "2000"),
    ]


# ------------------------------------------------------------------------------------------- asked and answered


def item(task):
    if task is xcsqa:
        fields = {"stem": "Where?", **dict(zip("abcde", OPTIONS[0], strict=True))}
        return Item("1", "en", fields, "A", tuple(zip(LABELS, OPTIONS[0], strict=True)))
    if task is xnli:
        return Item(
            "1", "en", {"premise": "P.", "hypothesis": "H."}, "Neutral", tuple((each, each) for each in xnli.LABELS)
        )
    return Item("1", "de", {"question": "How {many}?"}, "14")


ASKED = [
    (
        xcsqa,
        "authors",
        "Where?\nOptions:A. pond\tB. oven\tC. sky\tD. shoe\tE. desk\nAnswer:",
        (" A", " B", " C", " D", " E"),
    ),
    (
        xcsqa,
        "card",
        "Where? \n Options: A.pond \t B. oven \t C. sky \t D. shoe \t E. desk \n Answer:",
        (" A", " B", " C", " D", " E"),
    ),
    (xcsqa, "cloze", "Where?\nAnswer:", (" pond", " oven", " sky", " shoe", " desk")),
    (xcsqa, "{stem}?", "Where??", (" pond", " oven", " sky", " shoe", " desk")),
    (xnli, "authors", "Premise: P.\nHypothesis: H.\nLabel:", (" Entailment", " Neutral", " Contradiction")),
    (xnli, "card", "Premise: P. Hypothesis: H. Label:", (" Entailment", " Neutral", " Contradiction")),
    (
        mgsm,
        "authors",
        "Below is an instruction that describes a task. Write a response that appropriately completes the "
        "request.\n\n### Instruction:\nHow {many}?\n\n### Response: Let's think step by step.",
        (),
    ),
    (msvamp, "Q: {question} A:", "Q: How {many}? A:", ()),
]


@pytest.mark.parametrize(("task", "prompt", "text", "options"), ASKED)
def test_what_is_asked_and_may_follow_to_the_byte(task, prompt, text, options):
    asked = task.ask(item(task), prompt)
    assert (asked, task.options(item(task), prompt)) == (text, options)
    assert [asked[start:end] for start, end in asked.protected] == [
        value for name, value in item(task).fields.items() if f"{{{name}}}" in task.PROMPTS.get(prompt, prompt)
    ]


def test_the_first_prompt_is_the_authors():
    for task in question_sets.SETS.values():
        assert next(iter(task.PROMPTS)) == ("named" if "CLDR" in task.NAME else "authors")  # of CLDR there is none
        assert set(task.AVERAGED) <= set(task.LANGUAGES)
    assert [len(task.LANGUAGES) for task in question_sets.SETS.values()] == [16, 15, 11, 10, 141, 141, 141]
    assert [len(task.AVERAGED) for task in question_sets.SETS.values()] == [16, 15, 10, 10, 141, 141, 141]


@pytest.mark.parametrize(("task", "completion", "answer"), [
    (xcsqa, " B\n", "B"), (xcsqa, "B. oven", ""), (xcsqa, "b", ""), (xcsqa, "F", ""), (xcsqa, "", ""),
    (xnli, " Entailment", "Entailment"), (xnli, "entailment", ""), (xnli, "Neutral.", ""),
    (mgsm, "So 1.234.", "1234"), (mgsm, "none", ""), (msvamp, "#### 18\nin 2 days", "18"),
])  # fmt: skip
def test_an_answer_is_a_label_to_the_letter_or_a_number(task, completion, answer):
    assert task.answer(completion, item(task)) == answer


@pytest.mark.parametrize(("prompt", "message"), [
    ("author", "unknown prompt 'author'. One of: authors, card.*To mend"),
    ("{question}?", r"expected fields among \{premise\}, \{hypothesis\} in the prompt '.*', found \{question\}"),
    ("{premise", r"the prompt '\{premise' cannot be read: .*To mend: write \{\{"),
    ("{{no}}", "found none. To mend"),
])  # fmt: skip
def test_a_prompt_that_cannot_be_filled_in_says_so(prompt, message):
    with pytest.raises(KitError, match=message):
        xnli.ask(item(xnli), prompt)


# ------------------------------------------------------------------------------------------- sets and languages


def test_sets_are_found_by_name_and_lie_in_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LLAMAX_KIT_DATA", str(tmp_path))
    assert question_sets.find("x-csqa") is xcsqa and question_sets.find("MGSM") is mgsm
    places = [question_sets.folder(name) for name in question_sets.SETS]
    assert places == [*(tmp_path / name for name in ("xcsqa", "xnli", "mgsm", "msvamp")), *[cldr_questions.FOLDER] * 3]
    with pytest.raises(UnknownName, match="unknown test set 'XCSQA'.*One of: X-CSQA, XNLI, MGSM, MSVAMP, CLDR"):
        question_sets.find("XCSQA")


def sums(folder, code, rows):
    write(folder / f"mgsm_{code}.tsv", "".join(f"{text}\t{gold}\n" for text, gold in rows))


def test_languages_are_taken_in_the_order_asked_for_by_any_code(tmp_path):
    for code in ("en", "de"):
        sums(tmp_path, code, SUMS)
    assert [each.language for each in question_sets.load(mgsm, "eng deu_Latn en", tmp_path)] == ["en", "en", "de", "de"]
    assert [each.id for each in question_sets.load(mgsm, ["de"], tmp_path, items=1)] == ["1"]


def test_a_few_items_are_those_that_all_languages_share(tmp_path):
    rows = csqa("en")
    write(tmp_path / "en/dev.jsonl", lines(rows))
    write(tmp_path / "sw/dev.jsonl", lines([csqa("sw")[1], {**csqa("sw")[0], "id": "other"}]))
    assert [each.id for each in question_sets.load(xcsqa, "en sw", tmp_path, items=5)] == ["id1", "id1"]
    said = r"en has the id 'id0', which sw lacks \(1 are in all of en sw\). To mend: take all files from one source, or"
    with pytest.raises(KitError, match=said):
        question_sets.load(xcsqa, "en sw", tmp_path)
    write(tmp_path / "sw/dev.jsonl", lines([{**csqa("sw")[0], "id": "other"}]))
    with pytest.raises(KitError, match=r"\(0 are in all of en sw\). To mend: take all files from one source$"):
        question_sets.load(xcsqa, "en sw", tmp_path, items=1)


def test_a_run_records_what_was_asked_and_no_place_of_one_machine(tmp_path):
    sums(tmp_path, "en", SUMS)
    sums(tmp_path, "de", SUMS)
    items = question_sets.load(mgsm, "en de", tmp_path)
    facts = question_sets.facts(mgsm, items, tmp_path)
    assert {**facts, "sha256": 0} == {"name": "MGSM", "split": "test", "sha256": 0, "n": {"en": 2, "de": 2},
                                      "files": {"en": ["mgsm_en.tsv"], "de": ["mgsm_de.tsv"]}}  # fmt: skip
    assert str(tmp_path) not in json.dumps(facts)
    sums(tmp_path, "de", [SUMS[0], ("And in 1,000 days!", "2,000")])
    assert question_sets.facts(mgsm, question_sets.load(mgsm, "en de", tmp_path), tmp_path)["sha256"] != facts["sha256"]


def test_a_language_that_is_not_here_says_what_is_and_where_it_belongs(tmp_path):
    sums(tmp_path, "en", SUMS)
    said = r"expected MGSM in Swahili \(sw\) in .*, found no file of it; languages here: en. To mend: put it there as"
    with pytest.raises(KitError, match=said + r" mgsm_sw.tsv \(llamax-kit fetch mgsm; or get"):
        question_sets.load(mgsm, "en sw", tmp_path)
    with pytest.raises(KitError, match=r"MGSM is not in Urdu \(ur\): it is in bn th sw .*To mend: choose"):
        question_sets.load(mgsm, "ur", tmp_path)
    said = r"MSVAMP in English \(en\).*languages here: none. To mend: put it there as test_English.json \(get test_"
    with pytest.raises(KitError, match=said):
        question_sets.load(msvamp, "auto", tmp_path)
    with pytest.raises(KitError, match="X-CSQA in Chinese.*put it there as zh/dev.jsonl .*fetch xcsqa"):
        question_sets.load(xcsqa, "zh", tmp_path)
    with pytest.raises(UnknownName):
        question_sets.load(xcsqa, "klingon", tmp_path)


# ------------------------------------------------------------------------------------------- bad files


def changed(row, **values):
    return {**row, **values}


def options_changed(choices):
    return lines([csqa()[0], changed(csqa()[1], question={"stem": "What?", "choices": choices})])


BAD = [
    (
        mgsm,
        "mgsm_en.tsv",
        "Two?\t2\nThree?\n",
        r"mgsm_en.tsv, line 2: expected 2 cells parted by tabs \(question, answer\), got 1: 'Three\?'",
    ),
    (
        mgsm,
        "mgsm_en.tsv",
        "Two?\t2\nThree?\tthree\n",
        r"mgsm_en.tsv, line 2: expected a number in 'answer', got 'three'",
    ),
    (mgsm, "mgsm_en.tsv", "", "mgsm_en.tsv is empty"),
    (mgsm, "mgsm_en.tsv", "\t2\n", r"mgsm_en.tsv, item 1 \(id '1'\): expected a text in question, found none"),
    (
        mgsm,
        "mgsm_en.tsv",
        "Zwölf?\t12\n".encode("latin-1"),
        "mgsm_en.tsv is not UTF-8: byte 0xf6 at offset 2, in line 1",
    ),
    (mgsm, "mgsm_en.tsv", b"\xef\xbb\xbfTwo?\t2\n", "byte order mark"),
    (mgsm, "mgsm_en.tsv", "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 99\n", "Git LFS pointer"),
    (mgsm, "en/test-0.parquet", "PAR1 and no more", r"test-0.parquet is damaged: .*To mend"),
    (
        mgsm,
        "en/test-0.parquet",
        [{"query": "Two?", "answer_number": 2}],
        r"test-0.parquet, row 1: expected the column or field "
        r"'question', which is missing: there are query, answer_number",
    ),
    (
        mgsm,
        "en/test-0.parquet",
        [{"question": "Two?", "answer": None}],
        "row 1: expected the column or field 'answer', which is empty",
    ),
    (mgsm, "en/test-0.parquet", [], "test-0.parquet is empty"),
    (msvamp, "test_English.json", "[1, 2]", r"test_English.json, item 1: expected an object, got 1"),
    (msvamp, "test_English.json", '[{"m_query": "a"', r"test_English.json, line 1: expected JSON.*a cut download"),
    (
        msvamp,
        "test_English.jsonl",
        lines([{"m_query": "Two?", "response": "2"}, {"query": "Two?"}]),
        "line 2: expected the column or field 'response', which is missing: there are query",
    ),
    (
        msvamp,
        "test_English.jsonl",
        lines([{"m_query": "Two?", "response": "two"}]),
        "line 1: expected a number in 'response', got 'two'",
    ),
    (
        xcsqa,
        "en/dev.jsonl",
        lines(csqa()) + '{"id": "id2", "que',
        r"dev.jsonl, line 3: expected JSON, an object a line, got '\{\"id",
    ),
    (xcsqa, "en/dev.jsonl", "[1]\n", "dev.jsonl, line 1: expected JSON, an object a line.*it is no object"),
    (
        xcsqa,
        "en/dev.jsonl",
        lines([changed(csqa()[0], answerKey="")]),
        r"item 1 \(id 'id0'\).*one of A, B, C, D, E, got ''.*test splits",
    ),
    (
        xcsqa,
        "en/dev.jsonl",
        lines([{k: v for k, v in csqa()[0].items() if k != "answerKey"}]),
        "got ''.*test splits without answers",
    ),
    (xcsqa, "en/dev.jsonl", lines([changed(csqa()[0], answerKey="F")]), "one of A, B, C, D, E, got 'F'"),
    (xcsqa, "en/dev.jsonl", lines([csqa()[0], csqa()[0]]), r"item 2 \(id 'id0'\): its id is that of item 1"),
    (
        xcsqa,
        "en/dev.jsonl",
        options_changed(csqa()[1]["question"]["choices"][:4]),
        "dev.jsonl, line 2: expected the options A, B, C, D, E, got A, B, C, D. To mend",
    ),
    (
        xcsqa,
        "en/dev.jsonl",
        options_changed([{"label": "A"}]),
        "line 2: expected the column or field 'text', which is missing: there are label",
    ),
    (
        xcsqa,
        "en/dev.jsonl",
        options_changed({"label": ["A", "B"], "text": ["one"]}),
        "line 2: expected as many texts as labels, got 1 and 2",
    ),
    (
        xcsqa,
        "en/dev.jsonl",
        lines([changed(csqa()[0], question="What?")]),
        "line 1: expected an object with the field 'stem', got 'What",
    ),
    (
        xnli,
        "test-en.tsv",
        "It rains.\tIt is wet.\tyes\n",
        "test-en.tsv, line 1: expected a label, entailment, .*got 'yes', which is none",
    ),
    (
        xnli,
        "test-en.tsv",
        "It rains.\tIt is wet.\n",
        r"line 1: expected 3 cells parted by tabs \(premise, hypothesis, label\), got 2",
    ),
    (
        xnli,
        "en/test-0.parquet",
        [{"premise": "a", "hypothesis": "b", "label": -1}],
        "row 1: expected a label.*got -1, .*hidden",
    ),
    (
        xnli,
        "xnli.test.tsv",
        "language\tgold_label\tsentence1\nen\tneutral\tIt rains.\n",
        "line 2: expected the column or field 'sentence2', which is missing: there are language, gold_label, sentence1",
    ),
    (xnli, "xnli.test.jsonl", lines([{"gold_label": "neutral"}]), "line 1: expected the column or field 'language'"),
    (xnli, "xnli.test.tsv", "language\tgold_label\tsentence1\tsentence2\n", "xnli.test.tsv is empty"),
]


@pytest.mark.parametrize(
    ("task", "name", "held", "message"), BAD, ids=[f"{at}_{each[1]}" for at, each in enumerate(BAD)]
)
def test_a_bad_file_says_what_is_wrong_and_where(tmp_path, task, name, held, message):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if isinstance(held, list):
        schema = pa.schema([("question", pa.string())]) if not held else None
        pyarrow.parquet.write_table(pa.Table.from_pylist(held, schema=schema), path)
    else:
        path.write_bytes(held if isinstance(held, bytes) else held.encode())
    with pytest.raises(KitError, match=message) as error:
        question_sets.load(task, "en", tmp_path)
    assert "To mend: " in str(error.value) and str(tmp_path) in str(error.value)


# ------------------------------------------------------------------------------------------- the real files


def real(data, name):
    folder = data / name
    if not folder.is_dir():
        pytest.skip(f"needs {name} in the data folder: {downloads.how(downloads.find(name))}")
    return folder


def test_mgsm_is_read_whole(data):
    items = question_sets.load(mgsm, "auto", real(data, "mgsm"))
    assert Counter(each.language for each in items) == dict.fromkeys(mgsm.LANGUAGES, 250)
    golds = [[each.gold for each in items if each.language == code] for code in mgsm.LANGUAGES]
    assert all(each == golds[0] for each in golds)
    question = (data / "mgsm/mgsm_bn.tsv").read_text(encoding="utf-8").split("\t")[0]
    assert mgsm.ask(items[0], "authors") == (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        f"### Instruction:\n{question}\n\n### Response: Let's think step by step."
    )


def test_xnli_is_read_whole(data):
    items = question_sets.load(xnli, "auto", real(data, "xnli"))
    counts = Counter((each.language, each.gold) for each in items)
    assert len(items) == 5 * 5010
    assert counts == {(code, label): 1670 for code in ("sw", "ur", "zh", "de", "en") for label in xnli.LABELS}
    first = next(each for each in items if each.language == "de")
    premise, hypothesis, _ = (data / "xnli/test-de.tsv").read_text(encoding="utf-8").split("\n")[0].split("\t")
    assert xnli.ask(first, "authors") == f"Premise: {premise}\nHypothesis: {hypothesis}\nLabel:"
