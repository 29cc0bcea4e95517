"""YAML as papermill reads it, and how each value was written, for messages: `run: 007` is the number 7.

Does not know which value a parameter takes (see `parameters`).
"""

from typing import Any

from llamax_kit.utils import yaml_text

Written = dict[tuple[str, str], str]  # how values were written, by name and by what they were read as (`repr`)


def read_yaml(text: str, written: Written) -> Any:
    """Read YAML as papermill does, where a date is a text; papermill's own reader takes two seconds to import.

    written: filled with how values were written, those of a list too: of `run: 007` with {("run", "7"): "007"}.

    Raises yaml.YAMLError (see `yaml_text.load`).
    """
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in rules if not tag.endswith(":timestamp")]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node, deep=False):
            for key, value in node.value:
                for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if isinstance(key, yaml.ScalarNode) and isinstance(each, yaml.ScalarNode) and not each.style:
                        written[key.value, repr(self.construct_object(each))] = each.value
            return super().construct_mapping(node, deep)

    return yaml_text.load(text, Loader)
