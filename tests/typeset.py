"""Compile tables as a paper would, in one column of 16 cm and in two of 7.7 cm, and list what LaTeX complains of."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

PAPERS = {"one column": "", "two columns": "twocolumn,"}
GEOMETRY = r"\usepackage[a4paper,textwidth=16cm,textheight=24cm,columnsep=0.6cm]{geometry}"
FAULTS = (r"Overfull \\[hv]box \((?:[2-9]|\d{2,})[\d.]*pt too (?:wide|high)|Float too large|^! .+|X Columns too narrow|"
          r"Missing character")  # fmt: skip


def engine(path: Path) -> str:
    """Name the program that sets a table, by what its first lines say."""
    return "xelatex" if "XeLaTeX" in path.read_text(encoding="utf-8")[:400] else "pdflatex"


def faults(paths: Iterable[Path], program: str) -> list[str]:
    """Return "two columns, gains.tex: Overfull …" for each complaint about one of these tables."""
    font = r"\usepackage{fontspec}\setmainfont{DejaVu Serif}" * (program == "xelatex")
    found = []
    for paper, option in PAPERS.items():
        tables = [rf"\typeout{{TABLE {path.name}}}\input{{{path}}}\clearpage" for path in paths]
        document = [rf"\documentclass[{option}10pt]{{article}}", GEOMETRY, r"\usepackage{booktabs,tabularx}", font,
                    r"\begin{document}", *tables, r"\end{document}"]  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "t.tex").write_text("\n".join(document), encoding="utf-8")
            command = [shutil.which(program), "-interaction=nonstopmode", "t.tex"]
            subprocess.run(command, cwd=folder, capture_output=True, check=False)
            log = Path(folder, "t.log").read_text(encoding="utf-8", errors="replace")
        if "Output written" not in log:
            found.append(f"{paper}: no document. {' '.join(re.findall(r'^! .+', log, re.M))}")
        for part in re.split(r"^TABLE ", log, flags=re.M)[1:]:
            name, _, said = part.partition("\n")
            found += [f"{paper}, {name}: {fault}" for fault in re.findall(FAULTS, said, re.M)]
    return found
