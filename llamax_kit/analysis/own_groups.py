"""Groups of languages of one's own: a CSV file with the columns code and group. Averages nothing (see `groups`)."""

from pathlib import Path

from llamax_kit.data.languages import find
from llamax_kit.utils.errors import KitError, UnknownName
from llamax_kit.utils.files import csv_rows

REMEDY = "write a CSV file in UTF-8 with the columns code and group, a language in each row"


def read(path: Path, *, reserved: str) -> dict[str, str]:
    """Read the group of each language, by kit code; `reserved` is a name that no group may have.

    Raises KitError, with the row, for what is no such file, an empty cell, or a language that is there twice;
    UnknownName for an unknown language.
    """
    columns, rows = csv_rows(path, REMEDY)
    if sorted(columns) != ["code", "group"] or not rows:
        raise KitError(
            f"{path}: expected the columns code and group, and a row for each language, found the columns "
            f"{', '.join(map(repr, columns)) or 'none'} and {len(rows)} rows. To mend: {REMEDY}"
        )
    groups: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        code, group = ((row[column] or "").strip() for column in ("code", "group"))
        if not code or not group or None in row or group == reserved:
            raise KitError(
                f"{path}, row {number}: expected a code and its group, which is not {reserved!r} (the mean over every "
                f"language), got {', '.join(map(str, row.values()))}. To mend: {REMEDY}"
            )
        try:
            known = find(code).code
        except UnknownName as error:
            error.args = (f"{path}, row {number}: {error}",)
            raise
        if known in groups:
            raise KitError(f"{path}, row {number}: {find(code).name} ({code}) is there twice, in {groups[known]!r} and "
                           f"in {group!r}. To mend: leave one of the rows")  # fmt: skip
        groups[known] = group
    return groups
