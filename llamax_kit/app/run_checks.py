"""What the parameters mean that name runs, and what an earlier job of a sweep will make before they are read.

made: runs that will exist when the notebook starts, each with the parameters that it is made with, or {}.
"""

import os
from pathlib import Path

from llamax_kit.analysis import gathering
from llamax_kit.app import demo
from llamax_kit.data.language_table import recall
from llamax_kit.models import loading
from llamax_kit.paper import own_run, release, tables
from llamax_kit.reporting import report
from llamax_kit.runs import storage
from llamax_kit.utils.errors import KitError, UnknownName


def check_system(made, value: str, theirs: str | None) -> None:
    """Check a system: of a run, or where `theirs` is given (notebook 12) of the authors' release."""
    if theirs is not None:  # notebook 12, where it is one of the authors' release
        release.known_system(value)
    elif not _to_come(made, value):
        recall(storage.read_record(storage.check_system(value, {*made, *demo.RUNS})))


def check_mine(made, value: str) -> None:
    """Check that a run that is compared with the paper's figures is on FLORES, or answered one of its tasks."""
    own_run.check_name(storage.named(value)[0])
    run, _ = storage.parted(value)
    maker = _maker(made, run)
    if maker is None:
        own_run.check(run, storage.read_record(storage.check_system(value, made)))
    elif _to_come(made, value) and (corpus := maker.get("corpus")):
        named, _, split = corpus.partition(":")
        of_job = {"name": named.partition("@")[0], "split": split or "devtest", "release": corpus}
        own_run.on_flores(run, {"corpus": of_job})


def check_runs(made, value: str) -> None:
    """Check that runs exist, each named once, and that a name that is shown is one system's."""
    names = storage.listed(value)
    folders = [storage.place(run).resolve().name for run in gathering.asked(names)]
    for twice in (name for name in folders if folders.count(name) > 1):
        raise KitError(f"run {twice!r} is named twice, also by a path. To mend: name each once")
    if there := [name for name in names if not _to_come(made, name)]:
        gathering.check(there, others={*made, *demo.RUNS})
    for (run, system), name in gathering.called(names).items():
        own = [each for each in _systems(made, run) if each != "copy"]
        if not system and len(own) > 1:
            raise KitError(
                f"{name!r} is to be the name of one system, but {run} holds {len(own)}. To mend: name one of them, as "
                f"in {name}={run}:{own[0]}"
            )


def check_several(made, value: str, baseline: str | None) -> None:
    """Check that notebook 09 has two systems to compare; `copy` counts where a run has no other, or as baseline."""
    found, beside = set(), False
    for run, systems in gathering.asked(storage.listed(value)).items():
        held = systems or _systems(made, run)
        if not held:  # unknown until the run is made
            return
        own = [each for each in held if each != "copy"]
        found |= {(run, each) for each in own} or {("", "copy")}
        beside |= bool(own) and "copy" in held
    if len(found) < 2 and not (beside and "copy" in (baseline, storage.parted(baseline or "")[1])):
        raise KitError(
            f"expected two systems or more, but {value} holds {next(iter(found))[1]} alone, so there is no gain to "
            f"measure. To mend: name another run beside it, with a space between them"
        )


def check_baseline(made, value: str, theirs: str | None, *, runs: str | None, system: str | None) -> None:
    """Check a baseline: another system than `system`, or one of `runs` (notebook 09)."""
    if runs is None:
        check_system(made, value, theirs)
        if theirs is not None:
            tables.check_names(str(system), value, theirs=value)
        elif _are_one(made, value, system=str(system)):
            raise KitError(f"{system} and {value} are one system of one run. To mend: name two systems to compare")
        else:
            gathering.called([str(system), value])
        return
    gathering.called([*storage.listed(runs), value])
    held, value = {each: _systems(made, each) for each in storage.listed(runs)}, storage.named(value)[1]
    coming = {storage.parted(each)[0] for each, systems in held.items() if not systems}
    if storage.parted(value)[0] in coming or (coming and ":" not in value):  # perhaps a system of a run to come
        return
    pairs = [(storage.parted(each)[0], system) for each, systems in held.items() for system in systems]
    specs = {f"{run}:{system}": (system, f"{system} ({run})") for run, system in pairs}
    alone = [run for run, system in pairs if system != "copy"].count(value) == 1
    shown = [*gathering.called(held).values(), *(name for names in specs.values() for name in names)]
    if not alone and value not in (*specs, *shown):
        raise UnknownName("system of these runs", given=value, choices=specs, remedy="name it as run:system")


def check_report(made, value: str, run: str | None) -> None:
    """Check the name of a report's folder."""
    report.place(storage.outputs() / str(run), value)


def _to_come(made, spec: str) -> bool:
    """Check whether a run or a system of one is made before the notebook needs it, as far as is known."""
    run, system = storage.parted(spec)
    held = _will_hold(made, run)
    if held is None:
        return False
    if held and system not in ("", *held):
        raise UnknownName(
            f"system in the run {run}", given=system, choices=held, remedy=f"name one of these, as in {run}:{held[0]}"
        )
    return True


def _systems(made, spec: str) -> list[str]:
    """List the systems that "run" or "run:system" means; none where only a run to come will show them."""
    run, system = storage.parted(spec)
    if system:
        return [system]
    held = _will_hold(made, run)
    return storage.scored(storage.finished(run)) if held is None else held


def _will_hold(made, run: str) -> list[str] | None:
    """List the systems of a run to come, none where they are unknown; None for a run that is not to come."""
    maker = _maker(made, run)
    if maker is None:
        shipped = run in demo.RUNS and not (storage.outputs() / run / "run.json").is_file()
        return [demo.RUNS[run]] if shipped else None
    model = maker.get("model")
    if model is None or maker.get("adapter") != "":  # notebook 04 has both
        return []
    name = model if model == "copy" else Path(model).name if within(made, model) else loading.locate(model).name
    return list(dict.fromkeys([name, "copy"]))


def _are_one(made, baseline: str, *, system: str) -> bool:
    """Check whether two specs mean one system; a run alone means its only one besides `copy`."""
    (run, one), (other, two) = storage.parted(system), storage.parted(baseline)
    if storage.place(run).resolve() != storage.place(other).resolve():
        return False
    return one == two or (not (one and two) and ("copy" not in (one, two) or _systems(made, run) == ["copy"]))


def _maker(made, run: str) -> dict | None:
    """Return the parameters that a run to come is made with (see `check`); None for any other run."""
    place = storage.place(run).absolute()
    return made.get(place.name) if place.parent == storage.outputs() else None


def within(made, value: str) -> bool:
    """Check whether a path is in the folder of a run that is still to be made."""
    return run_of(value) in made


def run_of(path: str) -> str:
    """Return the run whose folder a path is in; "" for any other."""
    place, outputs = Path(os.path.expanduser(path)).absolute(), storage.outputs()
    return place.relative_to(outputs).parts[0] if outputs in place.parents else ""


def answered(made, *specs: str | None) -> bool:
    """Check whether runs hold answers to questions, by their folders' names, or will, as what makes them has a task."""
    runs = [storage.parted(spec)[0] for spec in specs if spec]
    return any("task" in (_maker(made, run) or {}) or (storage.place(run) / "answers").is_dir() for run in runs)


def spoken(made, *specs: str | None) -> list[str]:
    """List the languages of existing runs, by the names of their files; none where one is still to come."""
    found = []
    for run in (storage.parted(spec)[0] for spec in specs if spec):
        if _maker(made, run) is not None or not (storage.place(run) / "run.json").is_file():
            return []
        found += [code for path in storage.translation_files(storage.place(run)) for code in path.stem.split("-")]
    return found
