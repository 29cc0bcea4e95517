"""Whose training languages count as "trained": a model's own, where its folder tells them, else LLaMAX's 102.

A model folder names them in training.json, `{"name": "mini-llamax", "trained": ["en", "sw", …]}`; a run of such a model
keeps them in its record. "Trained" means on text of a language on purpose: what else was in the text, nobody knows.
"""

import re
from pathlib import Path

from llamax_kit.data.languages import find
from llamax_kit.data.training_languages import LLAMAX, Trained
from llamax_kit.models.catalogue import catalogue
from llamax_kit.models.checkpoints import read_json
from llamax_kit.models.loading import locate
from llamax_kit.utils.errors import KitError

FILE = "training.json"


def of_folder(folder: Path) -> Trained | None:
    """Read what a model's folder says of its training languages; None where it says nothing.

    Raises KitError when training.json cannot be read or names no languages, UnknownName for an unknown one.
    """
    facts = read_json(Path(folder) / FILE)
    if not facts:
        return None
    codes = facts.get("trained")
    if not (isinstance(codes, list) and codes and all(isinstance(code, str) for code in codes)):
        raise KitError(
            f'expected "trained", a list of language codes, in {Path(folder) / FILE}, but it is {codes!r:.60}. '
            f'To mend: write for example {{"name": "my-model", "trained": ["en", "sw"]}}, or remove the file'
        )
    return Trained(str(facts.get("name") or Path(folder).name), frozenset(find(code).code for code in codes))


def training_languages_of(spec: str, record: dict) -> Trained:
    """Return whose training languages count for a run's system: by the record (run.json), or as `spec` asks.

    record: as it is for the system (`provenance.of_system`). spec: "" as recorded, LLaMAX's 102 where nothing is; or
    "LLaMAX"; a model or folder that names its own, "mini-llama"; codes, "en de sw", for any other system.

    Raises KitError for a model that does not tell, UnknownName for what is no language.
    """
    words = re.split(r"[\s,]+", spec.strip(" ,"))
    if words == [""]:
        recorded = record.get("training_languages")
        return Trained(recorded["whose"], frozenset(recorded["codes"])) if recorded else LLAMAX
    if spec.strip() == LLAMAX.whose:
        return LLAMAX
    shipped = {entry.name for entry in catalogue() if entry.folder}
    if spec in shipped or (Path(spec).expanduser() / "config.json").is_file():
        trained = of_folder(locate(spec).folder)
        if trained is None:
            raise KitError(
                f"expected {FILE} in the folder of the model {spec}, but it has none, so its training languages are "
                f'not known. To mend: name their codes, as in "en de sw", or write the file'
            )
        return trained
    return Trained("", frozenset(find(word).code for word in words))
