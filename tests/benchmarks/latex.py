"""Compile every table of a folder of runs in a paper of one column and of two, and print what is too wide or fails.

    python tests/benchmarks/latex.py outputs

Needs pdflatex, for tables in other scripts also xelatex and the fonts DejaVu. It ends with 1 where LaTeX complains.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import typeset


def main(folder: Path) -> int:
    """Print the complaints run by run."""
    paths = [path for path in sorted(folder.resolve().rglob("*.tex")) if path.name != "method.tex"]
    wrong = 0
    for run in sorted({path.parent for path in paths}):
        for program in ("pdflatex", "xelatex"):
            tables = [path for path in paths if path.parent == run and typeset.engine(path) == program]
            found = typeset.faults(tables, program) if tables else []
            wrong += len(found)
            print(*(f"{run.name}: {fault}" for fault in found), sep="\n", end="\n" * bool(found))
    print(f"{len(paths)} tables, {wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
