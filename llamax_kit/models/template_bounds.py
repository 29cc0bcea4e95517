"""Whether a chat template ends: it is a program that came with a model. Writes no prompt (see `tokenizers`)."""

import subprocess
import sys
from functools import lru_cache

from llamax_kit.utils.errors import KitError

SECONDS = 20  # a template takes milliseconds; a busy machine starts Python in some seconds
MEMORY = 2**31  # bytes of address space, where the system limits it
# Run apart, as neither a loop of jinja's nor a huge text can be stopped in one's own process. Errors do not count here.
PROGRAM = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
except (ImportError, ValueError, OSError):
    pass
from jinja2 import ext, sandbox
class Marked(ext.Extension):
    tags = {"generation"}
    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)
try:
    here = sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Marked, ext.loopcontrols])
    here.globals |= {"strftime_now": str, "raise_exception": str}
    turns = [{"role": "user", "content": "kit-probe"}, {"role": "assistant", "content": "kit-probe"}]
    template = here.from_string(sys.stdin.buffer.read().decode("utf-8", "replace"))
    for messages in (turns, turns[:1]):
        template.render(messages=messages, add_generation_prompt=len(messages) == 1)
except MemoryError:
    sys.exit(3)
except Exception:
    pass
"""


@lru_cache
def check(template: str, *, place: str) -> None:
    """Raise KitError for the chat template of a model folder that does not end, or needs absurd memory."""
    command = [sys.executable, "-I", "-c", PROGRAM, str(MEMORY)]
    try:
        done = subprocess.run(command, input=template.encode("utf-8", "replace"), capture_output=True, timeout=SECONDS)
        fault = "" if done.returncode == 0 else f"took more than {MEMORY / 2**30:.0f} GiB of memory"
    except subprocess.TimeoutExpired:
        fault = f"did not end within {SECONDS} seconds"
    if fault:
        raise KitError(
            f"the chat template of {place} {fault} for a conversation of two words: it would never be a prompt. "
            f"To mend: fetch tokenizer_config.json and chat_template.jinja again, or remove the template"
        )
