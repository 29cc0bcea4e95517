"""The command line: a few lines per command, and nothing heavy is imported until a command needs it."""

import re
import shutil
import sys
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click

from llamax_kit import __version__
from llamax_kit.app import demo as example
from llamax_kit.app import ledgers, notebooks, parameters, terminal
from llamax_kit.app.doctor import report
from llamax_kit.app.sweep import checks, execution, state
from llamax_kit.app.sweep import jobs as sweep_jobs
from llamax_kit.data import downloads
from llamax_kit.data.corpora import text_files
from llamax_kit.data.languages import all_languages, find
from llamax_kit.data.reasoning import markers, reasons
from llamax_kit.runs import storage
from llamax_kit.scoring import sacrebleu_metrics, significance, spbleu
from llamax_kit.training import recipe
from llamax_kit.utils.errors import KitError
from llamax_kit.utils.terminal import visible


def _echo(text: str = "", err: bool = False) -> None:
    click.echo(visible(text, keep="\n"), err=err)


class _Message(click.ClickException):
    def show(self, file=None) -> None:
        click.secho(visible(self.format_message(), keep="\n"), fg="red", err=True)


@contextmanager
def _legible() -> Iterator[None]:
    """Write out the control characters of a word that click does not understand, and repeats."""
    try:
        yield
    except click.UsageError as error:
        error.message = visible(error.message, keep="\n")
        raise


class _Once(click.Command):
    """Refuses an option that is there twice but holds one value: click itself takes the last without a message."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for unfit in (each for each in args if re.search("[\0\ud800-\udc7f\udd00-\udfff]", each)):
            raise click.UsageError(f"{unfit!r:.80} holds what no text or path can hold. To mend: take it out", ctx)
        *_, order = self.make_parser(ctx).parse_args(list(args))
        for each in order:
            if isinstance(each, click.Option) and not each.multiple and not each.is_flag and order.count(each) > 1:
                raise click.UsageError(
                    f"{each.opts[-1]} is given {order.count(each)} times, expected once: it takes one value. "
                    f"To mend: keep the one that is meant, and run the command once for each other", ctx
                )  # fmt: skip
        return super().parse_args(ctx, args)


class _Kit(click.Group):
    """Shows an error that a user can mend as a message; anything else is a defect and keeps its traceback."""

    command_class = _Once

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _legible():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context):
        try:
            with _legible():
                return super().invoke(ctx)
        except KitError as error:
            raise _Message(str(error)) from error


_SECONDS = click.IntRange(1, 10**8, clamp=False)  # some years: more than any clock of a kernel takes


@click.group(cls=_Kit, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Translate, score spBLEU, and see what a multilingual model gained, language by language."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Windows writes into files and pipes in an old code page
            stream.reconfigure(errors="replace")
    warnings.formatwarning = _warning


@main.command()
def demo() -> None:
    """Translate with two miniatures, and show the gain."""
    import pandas as pd

    baseline, system = example.RUNS
    _echo("Two miniature models translate, the first time for a minute or two.", err=True)
    example.make(*example.RUNS)
    chosen = {"directions": example.directions(example.DEMO), "group": "relatedness", "run": "demo_gains"}
    page = notebooks.execute("06", values={"system": system, "baseline": baseline} | chosen)
    gains = pd.read_csv(storage.folder(chosen["run"]) / "gains.csv")
    for table in example.printed_tables(gains):
        _echo(terminal.table([tuple(table), *table.itertuples(index=False)]) + "\n")
    _echo(f"{example.RUNS[system]} is {example.RUNS[baseline]} after continual pre-training: gains are of the one "
               f"over the other.")  # fmt: skip
    _echo("Copying the source has points too, and a gain may be longer training alone: see notebook 10.")
    _echo(f"In points (0–100), ci_low to ci_high is the 95 % interval of one direction; verdicts are corrected "
               f"for all {len(gains)}.{significance.caveat_of(gains, sentence=True)}\n"
               f"Signature: {gains['signature'].iloc[0]}")  # fmt: skip
    _echo(f"\nTwo runs to compare, by notebooks 06, 07 and 09: {', '.join(example.RUNS)}")
    if not shutil.which("llamax-kit"):  # `make demo` calls it by its path
        _echo("\nThe command llamax-kit is not known in this shell yet. To go on here: . .venv/bin/activate")
    _echo(f"\nThe page with pictures: {page}")


@main.command()
@click.argument("notebook")
@click.argument("output", required=False)
@click.option(
    "-p",
    "--parameters",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter; 7, 0.5, True and None are read as such.",
)
@click.option(
    "-r",
    "--parameters_raw",
    nargs=2,
    multiple=True,
    metavar="NAME TEXT",
    help="A parameter that is text, whatever it looks like.",
)
@click.option("-f", "--parameters_file", multiple=True, metavar="FILE", help="A YAML file of parameters.")
@click.option("-y", "--parameters_yaml", multiple=True, metavar="YAML", help="Parameters as YAML text.")
@click.option("-b", "--parameters_base64", multiple=True, metavar="TEXT", help="The same, base64-encoded.")
@click.option("-k", "--kernel", help="The Jupyter kernel, if not the notebook's own.")
@click.option("--start-timeout", type=_SECONDS, default=180, show_default=True, help="Seconds for the kernel to start.")
@click.option("--execution-timeout", type=_SECONDS, default=14 * 24 * 3600, show_default=True,
              help="Seconds for a cell.")  # fmt: skip
@click.option("--help-notebook", is_flag=True, help="List the notebook's parameters.")  # fmt: skip
def run(notebook, output, kernel, start_timeout, execution_timeout, help_notebook, **given) -> None:
    """Execute a notebook and make its HTML page.

    NOTEBOOK is a number (04), a name (04_translate_and_score) or a path. Papermill runs it.

    OUTPUT is outputs/RUN/NOTEBOOK.ipynb by default. Parameters are checked before a kernel starts. A notebook that
    fails is kept up to the failed cell, as NOTEBOOK.failed.ipynb, and leaves an earlier output unchanged.
    """

    source = notebooks.find(notebook)
    if help_notebook:
        lines = [(one.name, one.type, repr(one.default), one.help) for one in notebooks.parameters(source)]
        return _echo(terminal.table([("parameter", "type", "default", "meaning"), *lines]))

    written: dict = {}
    values = parameters.given_values(**given, written=written)
    run = notebooks.run_name(source, values)
    known = {each.name: each.default for each in notebooks.parameters(source)} | values
    if "run" not in values and (replaced := terminal.replaced(storage.outputs() / run, known)):
        _echo(replaced, err=True)
    page = notebooks.execute(
        source, output, values, kernel, start_timeout, execution_timeout=execution_timeout, written=written
    )
    folder = storage.outputs() / run
    if source.stem in ("04_translate_and_score", "05_score_hypotheses") and (folder / "scores.csv").is_file():
        _echo(terminal.scores(folder) + "\n")
    _echo(f"The page: {page}\nThe notebook: {page.with_suffix('.ipynb')}")


@main.command()
@click.argument("file")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Notebooks at a time; the model, where there is one, is loaded once before.",
)
@click.option("--status", is_flag=True,
              help="List what is done, running, missing, failed, and why; run nothing.")  # fmt: skip
@click.option("--again", is_flag=True, help="Make anew what another version of the kit has made.")
def sweep(file, jobs, status, again) -> None:
    """Run what is missing of many notebooks.

    FILE is YAML: notebooks, with parameter files, lists or grids of values (see params/sweeps/). Everything is checked
    before anything starts. A sweep that was killed, or failed in part, continues when it is run again. A job is also
    missing when a result of it is gone or changed, or what it read was changed. The exit status is 0 when every job is
    done, with --status too, and 1 while one is running, missing or failed.
    """

    listed = sweep_jobs.read(file)
    found = state.states(listed, again=again)
    checks.check(file, found)
    if status:
        lines = [(each.state, each.job.run, each.job.notebook.stem, each.why) for each in found]
        _echo(terminal.table([("state", "run", "notebook", "why"), *lines]) + f"\n\n{state.summary(found)}")
    else:
        found = execution.run(listed, jobs, again=again)
    if any(each.state != "done" for each in found):
        sys.exit(1)


@main.command()
@click.argument("file")
def train(file) -> None:
    """Train a Llama by the LLaMAX recipe.

    FILE is YAML: texts or instructions, the model to begin with, arguments of transformers' Trainer (see
    params/training/). Everything is checked before anything starts. A training that was killed continues when it is run
    again.
    """

    _echo(f"The model: {recipe.run(file)}")


@main.command()
@click.option("--hypotheses", required=True, type=click.Path(), help="The outputs, one sentence per line.")
@click.option(
    "--references",
    required=True,
    multiple=True,
    type=click.Path(),
    help="The references, line for line; give it again for each further set of them.",
)
@click.option(
    "--tokenize",
    default="flores101",
    show_default=True,
    help="The pieces of spBLEU: flores101, flores200, cldr, or the path of a SentencePiece model.",
)
@click.option(
    "--metric", default="spBLEU", show_default=True, type=click.Choice(sacrebleu_metrics.METRICS), help="BLEU: 13a."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def score(hypotheses, references, tokenize, metric, as_json) -> None:
    """Score outputs: spBLEU, chrF++ or BLEU, signature, 95 % interval.

    With several sets of references the score is sacreBLEU's of them all (nrefs:2 in the signature). An empty line is an
    empty reference, as in sacreBLEU. Fewer than 10 sentences have no interval; with fewer than 40, a note shows how
    often such intervals hold the truth.
    """
    import json

    texts, streams = text_files.read(hypotheses), [text_files.read(each) for each in references]
    for name, stream in zip(references, streams, strict=True):
        if len(stream) != len(texts):
            raise spbleu.UnequalCounts(len(texts), len(stream), f"{hypotheses}, {name}")
    result = spbleu.score(texts, streams, tokenize, where=", ".join([hypotheses, *references]), metric=metric)
    note = "; ".join(filter(None, [significance.caveat([result.n]), _of_reasoning(texts, streams)]))
    if as_json:
        known = {name: None if value != value else value for name, value in result._asdict().items()}
        return click.echo(json.dumps(known | {"note": note}, allow_nan=False))
    caveat = significance.caveat([result.n])
    ends = f"{result.ci_low:.2f} to {result.ci_high:.2f} (95 %{caveat and f'; {caveat}'})"
    ends = caveat if result.ci_low != result.ci_low else ends
    _echo(f"score      {result.score:.2f} {result.metric} (points, 0–100; n = {result.n})")
    _echo(f"interval   {ends}")
    _echo(f"signature  {result.signature}")
    if held := _of_reasoning(texts, streams):
        _echo(f"note       {held}", err=True)


def _of_reasoning(hypotheses: list[str], references: list[list[str]]) -> str:
    """Return a note that hypotheses hold reasoning that no reference has, and that it is scored; "" for none."""
    count = sum(
        reasons(each) and markers(each) not in map(markers, beside)
        for each, *beside in zip(hypotheses, *references, strict=True)
    )
    found = f"{count} of {len(hypotheses)} hypotheses hold reasoning, as in <think>…</think>"
    return f"{found}, which is scored too; notebook 05 removes it" if count else ""


@main.command()
@click.argument("word", required=False)
def languages(word) -> None:
    """List the languages.

    With WORD, those whose code, name, script or family contains it. The split, high or low, is the paper's; it does not
    measure data.
    """

    every = all_languages()
    if word:
        held = [one for one in every if any(_plain(word) in _plain(field) for field in one[:10])] or [find(word)]
        every = sorted(held, key=lambda one: _plain(word) not in map(_plain, one[:7]))  # codes and names, exact first
    rows = [(one.code, one.flores101 or "–", one.flores200 or "–", one.name, one.script or "–", one.family_1 or "–",
             one.split or "unseen") for one in every]  # fmt: skip
    _echo(terminal.table([("code", "FLORES-101", "FLORES-200", "name", "script", "family", "split"), *rows]))


@main.command()
@click.argument("name")
def fetch(name) -> None:
    """Fetch a tokenizer or a data set.

    NAME is one of those that `llamax-kit doctor` lists. If it may not be fetched, the message describes how to get it.
    """

    _echo(f"Here: {downloads.fetch(name)}")


@main.command()
@click.option("--model", default="", metavar="TEXT", help="Only models whose name, folder or revision contains this.")
@click.option("--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Only what was last used so long ago.")
@click.option("--remove", is_flag=True, help="Remove what is listed with --model or --older-than.")
def ledger(model, older_than, remove) -> None:
    """List the completions that are kept, and remove some.

    A line for each model as it was run. What a living process writes to is never removed.
    """
    chosen = model or older_than is not None
    if remove and not chosen:
        raise KitError("expected what to remove, got all of it. To mend: name it by --model TEXT or --older-than DAYS")
    found = ledgers.kept(model, older_than)
    rows = [(*each.facts, str(len(each.files)), f"{each.completions:,}", f"{each.size / 1e6:.1f}",
             f"{each.used:%Y-%m-%d}", each.folder.name) for each in found]  # fmt: skip
    _echo(terminal.table([("model", "engine", "dtype", "files", "completions", "MB", "used", "folder"), *rows]) + "\n")
    _echo(f"{len(found)} of {ledgers.place()}, {sum(each.size for each in found) / 1e6:.1f} MB")
    if remove:
        _echo(ledgers.remove(found))
    elif found and chosen:
        _echo("To remove these: the same with --remove")


@main.command()
def doctor() -> None:
    """Show what is found, and how to get what is missing."""

    for line in report():
        _echo(line)


def _warning(message, category, *_) -> str:
    return f"{category.__name__}: {visible(message, keep=chr(10))}\n"


def _plain(text: str) -> str:
    """Fold capitals and accents: "Bokmål" is "bokmal"."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char)).casefold()


if __name__ == "__main__":
    sys.exit(main())
