"""Which heavy libraries a command of the kit loads, asked of a Python of its own."""

import json
import subprocess
import sys

HEAVY = ("torch", "transformers", "tokenizers", "sentencepiece", "huggingface_hub", "pandas", "numpy", "matplotlib",
         "papermill", "sacrebleu", "babel", "nbconvert", "nbformat", "pyarrow", "scipy", "seaborn", "IPython",
         "bs4")  # fmt: skip


def loaded(*words: str) -> list[str]:
    """Return the heavy libraries that `llamax-kit` with these words has loaded when it ends."""
    code = (
        "import json, sys; from llamax_kit.app.cli import main\n"
        f"try: main({list(words)!r})\n"
        f"except SystemExit: print(json.dumps([each for each in {HEAVY!r} if each in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])
