"""How many tokens a tokenizer makes of a language: a word, a character, and the same sentences in English.

Three figures, of which only the last compares across scripts:

- tokens_per_word, as the paper defines it (Section 2.1): words are what spaces part, in Chinese and Japanese they are
  characters; the mean over sentences of tokens / words. In `unit` stands what was counted: "word"; "character"; or
  "phrase" in scripts that put spaces between phrases alone (Thai, Lao, Khmer, Burmese, Tibetan), where the figure is
  large and says nothing about words. Figures compare within one unit, and even there a word holds more in an
  agglutinating language, less in Vietnamese, which writes a space between syllables.
- tokens_per_character: all tokens / all characters (code points) but spaces. A Han character holds more than a letter.
- relative_to_english: all tokens / all tokens of the same sentences in English. One content in both, so it compares
  across scripts (the premium of Petrov et al., 2023).

With Llama 2's tokenizer on FLORES-101 devtest, Romanian comes to 2.25, Greek to 6.52 and Bengali to 8.62, as printed
in Table 1 and Figure 5. The authors' script means to count characters in Chinese and Japanese, but its condition is
never true: their 45 for zh and 67 for ja count what spaces part, and are 1.48 and 1.23 here.

Says nothing about what a model makes of the tokens; reads no corpus.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llamax_kit.data import downloads
from llamax_kit.data.languages import find
from llamax_kit.models import loading, tokenizer_files
from llamax_kit.scoring import sacrebleu_metrics
from llamax_kit.tasks.defaults import AUTO
from llamax_kit.utils.errors import KitError, UnknownName

if TYPE_CHECKING:
    from pandas import DataFrame

Encode = Callable[[str], Sequence]
CHARACTERS = {"Hans", "Hant", "Jpan"}  # the paper says zh and ja; Cantonese is written the same way
PHRASES = {"Thai", "Laoo", "Khmr", "Mymr", "Tibt"}
COLUMNS = ["code", "unit", "tokens_per_word", "tokens_per_character", "relative_to_english", "tokens", "n"]
IN_DATA_FOLDER = ("llama2", "llama3")


def whose(name: str, record: dict, otherwise: str) -> str:
    """Say whose tokens are counted: `name`, or for "auto" those of the model that a system's record names.

    Of outputs from files nobody says the model; these are counted in the pieces that they are scored by, `otherwise`.
    """
    made_by = (record.get("parameters") or {}).get("model") or "copy"
    return name if name != AUTO else otherwise if made_by == "copy" else made_by


def tokenizer(name: str) -> Encode:
    """Give a tokenizer's encoding of a text, without any BOS: `len(tokenizer("cldr")("Hallo Welt"))` is 7.

    name: cldr, flores101, flores200 (the models behind spBLEU) or a SentencePiece .model file; llama2, llama3 (from
    the data folder's tokenizers/); else a model, as `loading.resolve` takes it, or a folder with its tokenizer files. A
    path may begin as records write it, with $LLAMAX_KIT_DATA.

    Raises KitError, or its UnknownName, for what is none of these or cannot be read.
    """
    if model := _pieces(name):
        return sacrebleu_metrics.spbleu(model).metric.tokenizer.encode
    folder = _folder(name, lambda: loading.resolve(name).folder)
    return tokenizer_files.load(folder).ordinary


def check(name: str) -> None:
    """Check that `tokenizer` takes a name, but fetch and hash nothing; a hub id need only look like one.

    Raises as it does.
    """
    if model := _pieces(name):
        sacrebleu_metrics.check(model)
    elif folder := _folder(name, lambda: loading.locate(name).folder):
        tokenizer_files.load(folder)


def _place(name: str) -> Path:
    """Where a tokenizer would lie; records write the data folder as $LLAMAX_KIT_DATA."""
    if name in IN_DATA_FOLDER:
        return downloads.folder() / "tokenizers" / name
    return Path(name.replace("$LLAMAX_KIT_DATA", str(downloads.folder()))).expanduser()


def _pieces(name: str) -> str:
    """Name the SentencePiece model of spBLEU that this is, by its name or its file; "" for what is none."""
    return name if name in sacrebleu_metrics.NAMES else str(_place(name)) if name and _place(name).is_file() else ""


def _folder(name: str, of_model: Callable[[], Path | None]) -> Path | None:
    """Find the folder of a tokenizer, by itself or that of a model."""
    place = _place(name)
    if name and any((place / file).is_file() for file in ("tokenizer.model", "tokenizer.json")):
        return place
    if name in IN_DATA_FOLDER:
        raise KitError(
            f"expected the tokenizer {name} in {place}, but there is no tokenizer.model. To mend: put it there (its "
            f"licence is Meta's), or name a model that has it, such as LLaMAX2-7B"
        )
    try:
        return of_model()
    except UnknownName as error:
        choices = [*sacrebleu_metrics.NAMES, *IN_DATA_FOLDER, *error.choices]
        remedy = "name one of these, a .model file, a model or a folder"
        raise UnknownName("tokenizer", given=name, choices=choices, remedy=remedy) from error


def texts(translations: "DataFrame") -> dict[str, list[str | None]]:
    """Collect the text of each language in a translations table, by position: sources, and references.

    Of the one row en-de, index 1, "Hi", "Hallo" comes {"en": [None, "Hi"], "de": [None, "Hallo"]}.

    Raises KitError when a language has two texts at one position: the directions are then not of one parallel corpus.
    """
    import pandas as pd

    sides = (("src", "source"), ("tgt", "reference"))
    both = [translations[[code, "index", text]].set_axis(["code", "index", "text"], axis=1) for code, text in sides]
    told = pd.concat(both).drop_duplicates()
    if len(twice := told[told.duplicated(["code", "index"])]):
        code, index = twice.iloc[0][["code", "index"]]
        raise KitError(
            f"the same sentence {index} of {code} has two texts in different directions, so tokens per language have "
            f"no one text to be counted on. To mend: take directions of one parallel corpus, in one release"
        )
    wide = told.pivot(index="index", columns="code", values="text").reindex(range(told["index"].max() + 1))
    return {code: [text if isinstance(text, str) else None for text in wide[code]] for code in told["code"].unique()}


def fertility(encode: Encode, texts: Mapping[str, Sequence[str | None]]) -> "DataFrame":
    """Count tokens by language: a row a language, columns as the module says, `tokens` and sentences n in all.

    texts: by kit code, aligned by position; None or nothing but spaces where a language lacks it. Without English
    among them, relative_to_english is missing. `fertility(list, {"en": ["a cat"], "zh": ["一只猫"]})` gives en 5 tokens
    in 2 words, 2.5 a word; zh 3 in 3 characters, 1.0, and 0.6 relative to English.

    Raises KitError for a language without any text, UnknownName for an unknown language.
    """
    import pandas as pd

    counts = {find(code).code: _counts(encode, find(code).code, lines) for code, lines in texts.items()}
    english = counts["en"]["tokens"] if "en" in counts else None
    return pd.DataFrame([_row(code, count, english) for code, count in counts.items()], columns=COLUMNS)


def unit(code: str) -> str:
    """Name what tokens_per_word counts in a language: `unit("de")` is "word", of "ja" "character", of "th" "phrase"."""
    script = find(code).script
    return "character" if script in CHARACTERS else "phrase" if script in PHRASES else "word"


def _counts(encode: Encode, code: str, lines: Sequence[str | None]) -> "DataFrame":
    """Count tokens, units and characters of each line that has any, by its position."""
    import pandas as pd

    per_character = unit(code) == "character"
    rows = {}
    for position, line in enumerate(lines):
        if words := (line or "").split():
            characters = sum(map(len, words))
            rows[position] = (len(encode(line.strip())), characters if per_character else len(words), characters)
    if not rows:
        raise KitError(
            f"there is no text in {code}: nothing to count tokens on. To mend: leave {code} out, or check its file"
        )
    return pd.DataFrame.from_dict(rows, orient="index", columns=["tokens", "units", "characters"])


def _row(code: str, counts: "DataFrame", english) -> tuple:
    tokens = counts["tokens"]
    relative = float("nan")
    if english is not None and len(shared := tokens.index.intersection(english.index)):
        relative = tokens[shared].sum() / english[shared].sum()
    per_character = tokens.sum() / counts["characters"].sum()
    return code, unit(code), (tokens / counts["units"]).mean(), per_character, relative, int(tokens.sum()), len(counts)
