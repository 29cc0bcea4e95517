"""What no record, executed notebook or page may hold is taken out of all three by one rule, and nothing else is."""

import json
from pathlib import Path

import nbformat
import pytest

from llamax_kit.app import html_page, notebooks, parameters, terminal
from llamax_kit.app.sweep import jobs, state
from llamax_kit.runs import provenance, storage
from llamax_kit.utils.errors import KitError

HERE = Path("/srv/kit")
SECRETS = [  # made up, by the forms that their owners describe
    "hf_" + "aB3" * 11 + "x", "sk-" + "aB3" * 16, "sk-proj-" + "aB3_-" * 12, "sk-ant-api03-" + "aB3" * 12,
    "ghp_" + "aB3" * 12, "gho_" + "aB3" * 12, "github_pat_" + "11AB3_" * 12, "glpat-" + "aB3_" * 5,
    "AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "IOSFODNN7EXAMPLE", "AIza" + "aB3-_" * 7, "xoxb-" + "123456789012-aB3aB3",
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", "https://ada:s3cret@hub.example/x",
    "postgresql://ada:s3cret@db:5432/x", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY",
    "HF_TOKEN=q1w2e3r4t5y6u7",
]  # fmt: skip
ORDINARY = [
    "spBLEU|nrefs:1|case:mixed|eff:no|tok:flores101|smooth:exp|version:2.6.0", "sk-en and en-sk, sk-SK",
    "sk-beam-5-of-the-week-before-last-with-greedy",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "97f8db4 Merge branch 'main'",
    "d7a245c0000000000000000000000000deadbeef", "https://example.org/home/page/2", "https://example.org:8080/a@b",
    "see https://arxiv.org/abs/2407.05975",
    "the /home/ folder", "mail ada@example.org: yes", "tokens: 1,234; keys: 5",
    "max_new_tokens=256, pad_token='<|finetune_right_pad_id|>'", "BOS_TOKEN=<|reserved_special_token_0|>",
    "Friday, December 28, 1973", "Er sagte: „Das Haus /Users steht leer.“", "hf_hub_download(repo_id)",
    "ghp_ and xoxb-",
    "begin a private key; -----BEGIN CERTIFICATE-----", "AKIAH is a name, ASIA a continent", "eyJ.eyJ.x",
    "AIzawa Tokyo",
    "/net/lane/x", "https://example.org/lane/x", "a~/lane2", "LLaMAX/LLaMAX2-7B-Alpaca@0123456789abcdef",
    "cldr:devtest",
    "model.layers.0.self_attn.q_proj.weight", "ratio 3:4@5", "http://[::1]:8888/lab", "C:\\Program Files\\Users",
]  # fmt: skip


@pytest.fixture(autouse=True)
def home(monkeypatch):
    monkeypatch.setenv("HOME", "/lane")
    monkeypatch.delenv("LLAMAX_KIT_DATA", raising=False)


@pytest.mark.parametrize("secret", SECRETS, ids=range(len(SECRETS)))
@pytest.mark.parametrize("around", ["{}", "x {} y", '{{"a": "{}"}}', "key='{}'", "({})", "a\n{}\nb"])
def test_a_secret_is_known_by_its_form(secret, around):
    text = around.format(secret)
    cleaned = provenance.clean(text, HERE)
    assert provenance.has_secret(text) and "[token removed]" in cleaned
    assert max(secret.replace("ada:s3cret", "").split("="), key=len)[8:30] not in cleaned or "://" in secret
    assert "s3cret" not in cleaned and not provenance.has_secret(cleaned)
    assert provenance.clean(cleaned, HERE) == cleaned


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_as_it_is(text):
    assert provenance.clean(text, HERE) == text == provenance.clean_texts(text, HERE)
    assert not provenance.has_secret(text)


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "OPENAI_KEY", "GITHUB_PAT", "MYSQL_PWD", "HF_TOKEN",
                                  "DB_PASS", "WANDB_API_KEY", "SLACK_TOKEN_2", "my_password",
                                  "AZURE_CLIENT_SECRET"])  # fmt: skip
def test_a_variable_that_holds_a_secret_is_known_by_its_name(name, monkeypatch):
    monkeypatch.setenv(name, "plain-looking-value")
    assert provenance.clean({"a": ["x plain-looking-value"]}, HERE) == {"a": ["x [token removed]"]}
    assert provenance.has_secret("x plain-looking-value")


@pytest.mark.parametrize("name, value", [
    ("PWD", "/net/somewhere"), ("OLDPWD", "/net/somewhere"), ("HF_TOKEN_PATH", "plain-looking"),
    ("KEYBOARD", "colemak-dh"),
    ("TOKENIZERS_PARALLELISM", "plain-looking"), ("SSH_AUTH_SOCK", "plain-looking"), ("SSL_KEY", "/etc/ssl/some.key"),
    ("LANGUAGE_KEYS", "plain-looking"), ("COMPASS", "plain-looking"),
])  # fmt: skip
def test_other_variables_hold_none(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    assert not provenance.has_secret(f"x {value} y")


@pytest.mark.parametrize("text, cleaned", [
    ("/lane/x", "~/x"), ("file:///lane/x", "file://~/x"), ("/home/ada/x", "~/x"), ("/net/home/ada/x", "~/x"),
    ("/Users/grace", "~"), (r"C:\Users\alan\y", r"~\y"), (r"C:\\Users\\alan\\y", r"~\\y"),
    ("file:///home/ada/x", "file://~/x"),
    ("C:/Users/alan/y", "~/y"), ("in '/home/ada.l/x', line 2", "in '~/x', line 2"),
    ("/srv/kit/notebooks", "./notebooks"),
])  # fmt: skip
def test_names_of_homes_are_taken_out(text, cleaned):
    assert provenance.clean(text, HERE) == cleaned == provenance.clean(cleaned, HERE)


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """A notebook that shows what nobody should see."""
    monkeypatch.setenv("LLAMAX_KIT_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setenv("OPENAI_KEY", "plain-looking-value")
    book = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    book.cells = [
        nbformat.v4.new_code_cell('place: str = "x"\nrun: str = "seen"', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(
            "# of /home/ada/notes\nimport os\nprint(place, os.environ['OPENAI_KEY'], 'ghp_' + 'aB3' * 12)\n"
            "from IPython.display import HTML\nHTML('<a href=\"/home/ada/x\">https://ada:s3cret@x.org</a>')"
        ),
    ]
    nbformat.write(book, tmp_path / "own.ipynb")
    return tmp_path / "own.ipynb"


def unseen(*files: Path) -> None:
    for file in files:
        text = file.read_text(encoding="utf-8")
        for word in ("/home/ada", "plain-looking", "ghp_aB3", "s3cret"):
            assert word not in text, (file.name, word)


def test_notebook_page_and_manifest_follow_the_records_rule_and_a_sweep_understands_them(own):
    values = {"place": "/home/ada/corpus"}
    page = notebooks.execute(own, values=values)
    folder = page.parent
    unseen(page, page.with_suffix(".ipynb"), folder / "own.manifest.json")
    assert "[token removed]" in page.read_text(encoding="utf-8")
    executed = json.loads(page.with_suffix(".ipynb").read_text(encoding="utf-8"))
    assert executed["metadata"]["papermill"]["parameters"]["place"] == "~/corpus"

    defaults = {each.name: each.default for each in parameters.parameters(own)}
    job = jobs.Job(1, own, defaults, values, "seen")
    assert state.states([job])[0].state == "done"
    other = jobs.Job(1, own, defaults, {"place": "/home/ada/other"}, "seen")
    assert state.states([other])[0].why == "parameters changed: place was '~/corpus'"


def test_a_failed_notebook_and_its_page_follow_it_too(own):
    book = nbformat.read(own, 4)
    book.cells[1].source += "\nraise ValueError('/home/ada/x: plain-looking-value')"
    nbformat.write(book, own)
    with pytest.raises(notebooks.NotebookFailed) as caught:
        notebooks.execute(own, values={"place": "/home/ada/corpus"})
    unseen(caught.value.notebook, caught.value.html)


def test_a_page_of_a_notebook_from_elsewhere_follows_it(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A\n\n/home/ada/x ghp_" + "aB3" * 12)])
    nbformat.write(book, tmp_path / "a.ipynb")
    unseen(html_page.export(tmp_path / "a.ipynb"))


def test_pictures_are_left_as_they_are():
    picture = "AKIA" + "IOSFODNN7EXAMPLE"
    assert provenance.clean_texts({"image/png": picture}, HERE) == {"image/png": picture}
    assert provenance.clean_texts({"image/svg+xml": [picture]}, HERE) == {"image/svg+xml": ["[token removed]"]}


@pytest.mark.parametrize("secret", SECRETS, ids=range(len(SECRETS)))
def test_a_value_with_a_secret_is_refused(own, secret):
    with pytest.raises(KitError, match="holds an access token"):
        parameters.check(own, {"place": f"x {secret}"})


def test_a_run_with_a_path_in_the_home_is_not_said_to_be_replaced(own):
    folder = storage.folder("seen")
    storage.record(folder, "own", parameters={"place": "/home/ada/corpus"})
    assert terminal.replaced(folder, {"place": "/home/ada/corpus"}) == ""
    assert "holds a finished run with place" in terminal.replaced(folder, {"place": "/home/ada/other"})
