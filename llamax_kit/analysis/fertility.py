"""How many tokens a tokenizer makes of a language: per word, per character, relative to the same text in English.

Only the last of the three figures compares across scripts:

- tokens_per_word, as the paper defines it (Section 2.1): the mean over sentences of tokens / words. Words are separated
  by spaces; in Chinese and Japanese they are characters. `unit` names what was counted: "word"; "character"; or
  "phrase" in scripts with spaces only between phrases (Thai, Lao, Khmer, Burmese, Tibetan), where the figure is large
  and says nothing about words. Figures compare within one unit, and even there a word holds more in an agglutinating
  language, less in Vietnamese, which writes a space between syllables.
- tokens_per_character: all tokens / all characters (code points) but spaces. A Han character holds more than a letter.
- relative_to_english: all tokens / all tokens of the same sentences in English. Both have one content, so it compares
  across scripts (the premium of Petrov et al., 2023).

With Llama 2's tokenizer on FLORES-101 devtest, Romanian has 2.25, Greek 6.52 and Bengali 8.62, as printed in Table 1
and Figure 5. The authors' script means to count characters in Chinese and Japanese, but its condition is never true:
their 45 for zh and 67 for ja count what spaces separate; here they are 1.48 and 1.23.

Does not say what a model makes of the tokens; reads no corpus.
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
    """Return the name of the tokenizer that counts a system's tokens.

    Parameters
    ----------
    name : str
        A tokenizer, or "auto": the one of the model that the system's record names.
    record : dict
        The run's record, as it is for the system.
    otherwise : str
        The tokenizer for "auto" where the record names no model, as for outputs from files.

    Returns
    -------
    str
        A name that `tokenizer` takes.
    """
    made_by = (record.get("parameters") or {}).get("model") or "copy"
    return name if name != AUTO else otherwise if made_by == "copy" else made_by


def tokenizer(name: str) -> Encode:
    """Return a tokenizer's encoding of a text, without any BOS.

    Parameters
    ----------
    name : str
        cldr, flores101, flores200 (the models of spBLEU) or a SentencePiece .model file; llama2, llama3 (from the data
        folder's tokenizers/); else a model, as `loading.resolve` takes it, or a folder with its tokenizer files. A path
        may begin with $LLAMAX_KIT_DATA, as in records.

    Returns
    -------
    callable
        Takes a text, returns its tokens.

    Raises
    ------
    KitError
        For what cannot be read; UnknownName, with the nearest names, for an unknown tokenizer.

    Examples
    --------
    >>> len(tokenizer("cldr")("Hallo Welt"))
    7
    """
    if model := _pieces(name):
        return sacrebleu_metrics.spbleu(model).metric.tokenizer.encode
    folder = _folder(name, lambda: loading.resolve(name).folder)
    return tokenizer_files.load(folder).ordinary


def check(name: str) -> None:
    """Check that `tokenizer` takes a name, without fetching or hashing; of a hub id only the form is checked.

    Parameters
    ----------
    name : str
        As `tokenizer` takes it.

    Raises
    ------
    KitError
        As `tokenizer` does.
    """
    if model := _pieces(name):
        sacrebleu_metrics.check(model)
    elif folder := _folder(name, lambda: loading.locate(name).folder):
        tokenizer_files.load(folder)


def _place(name: str) -> Path:
    """Return where a tokenizer would be; records write the data folder as $LLAMAX_KIT_DATA."""
    if name in IN_DATA_FOLDER:
        return downloads.folder() / "tokenizers" / name
    return Path(name.replace("$LLAMAX_KIT_DATA", str(downloads.folder()))).expanduser()


def _pieces(name: str) -> str:
    """Return the SentencePiece model of spBLEU with this name or file; "" where it is none."""
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
    """Collect the text of each language in a translations table, by position: sources and references.

    Parameters
    ----------
    translations : DataFrame
        A translations table.

    Returns
    -------
    dict of str to list
        By code; None where there is no text.

    Raises
    ------
    KitError
        When a language has two texts at one position: the directions are then not of one parallel corpus.

    Examples
    --------
    One row en-de, index 1, "Hi", "Hallo" makes {"en": [None, "Hi"], "de": [None, "Hallo"]}.
    """
    import pandas as pd

    sides = (("src", "source"), ("tgt", "reference"))
    both = [translations[[code, "index", text]].set_axis(["code", "index", "text"], axis=1) for code, text in sides]
    known = pd.concat(both).drop_duplicates()
    if len(twice := known[known.duplicated(["code", "index"])]):
        code, index = twice.iloc[0][["code", "index"]]
        raise KitError(
            f"the same sentence {index} of {code} has two texts in different directions, so tokens per language have "
            f"no one text to be counted on. To mend: take directions of one parallel corpus, in one release"
        )
    wide = known.pivot(index="index", columns="code", values="text").reindex(range(known["index"].max() + 1))
    return {code: [text if isinstance(text, str) else None for text in wide[code]] for code in known["code"].unique()}


def fertility(encode: Encode, texts: Mapping[str, Sequence[str | None]]) -> "DataFrame":
    """Count tokens by language.

    Parameters
    ----------
    encode : callable
        A tokenizer's encoding, as `tokenizer` returns it.
    texts : mapping of str to sequence
        Sentences by kit code, aligned by position; None or only spaces where a language lacks one.

    Returns
    -------
    DataFrame
        One row per language: code, unit, the three figures of this module, tokens and n (sentences). Without English,
        relative_to_english is missing.

    Raises
    ------
    KitError
        For a language without any text; UnknownName for an unknown language.

    Examples
    --------
    Here a token is a character: "a cat" has 5 in 2 words, "一只猫" 3 in 3 characters.

    >>> fertility(list, {"en": ["a cat"], "zh": ["一只猫"]})[["tokens_per_word", "relative_to_english"]].values.tolist()
    [[2.5, 1.0], [1.0, 0.6]]
    """
    import pandas as pd

    counts = {find(code).code: _counts(encode, find(code).code, lines) for code, lines in texts.items()}
    english = counts["en"]["tokens"] if "en" in counts else None
    return pd.DataFrame([_row(code, count, english) for code, count in counts.items()], columns=COLUMNS)


def unit(code: str) -> str:
    """Return what tokens_per_word counts in a language.

    Parameters
    ----------
    code : str
        A language.

    Returns
    -------
    str
        "word", "character" or "phrase".

    Examples
    --------
    >>> unit("de"), unit("ja"), unit("th")
    ('word', 'character', 'phrase')
    """
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
