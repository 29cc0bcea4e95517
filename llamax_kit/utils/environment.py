"""Environment variables in the values of YAML files."""

import os
import re
from typing import Any

from llamax_kit.utils.errors import KitError


def from_environment(value: Any) -> Any:
    """Put environment variables where a text of a YAML file names them, as in "${LLAMAX_KIT_DATA}/training".

    Raises KitError for a variable that is not set: its name would stand in a path, which then is not found.
    """

    def variable(found: re.Match) -> str:
        if found[1] not in os.environ:
            raise KitError(f"{value!r}: the environment has no {found[1]}. To mend: export {found[1]}=…")
        return os.environ[found[1]]

    return re.sub(r"\$\{(\w+)\}", variable, value) if isinstance(value, str) else value
