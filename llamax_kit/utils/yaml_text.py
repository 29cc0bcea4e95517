"""YAML → values, refused where its aliases would unfold into millions of them. Does not know what the values mean."""

from typing import Any

from llamax_kit.utils.files import MALFORMED

MOST = 100_000  # values, once every alias is written out: printing and comparing them goes through all


def load(text: str, loader: type | None = None) -> Any:
    """Read one document by a loader of PyYAML, its SafeLoader if none is named.

    Raises yaml.YAMLError, also where a value is not what its tag says, and for more than `MOST` values.
    """
    import yaml

    reading = None
    try:
        reading = (loader or yaml.SafeLoader)(text)
        node = reading.get_single_node()
        if node is not None and (size := _size(node, {})) > MOST:
            raise yaml.YAMLError(f"its aliases (*name) stand for {size:,} values, expected at most {MOST:,}")
        return None if node is None else reading.construct_document(node)
    except RecursionError as error:
        raise yaml.YAMLError("it is nested too deeply, or holds itself") from error
    except MALFORMED as error:
        raise yaml.YAMLError(f"a value is not what it is marked as: {error}") from error
    finally:
        if reading is not None:
            reading.dispose()


def _size(node, known: dict[int, int]) -> int:
    """Count the values of a node with all aliases written out. Raises RecursionError for one that holds itself."""
    if id(node) in known:
        if not known[id(node)]:
            raise RecursionError
        return known[id(node)]
    parts = node.value if isinstance(node.value, list) else []
    known[id(node)] = 0
    pairs = (part if isinstance(part, tuple) else (part,) for part in parts)
    known[id(node)] = 1 + sum(_size(each, known) for pair in pairs for each in pair)
    return known[id(node)]
