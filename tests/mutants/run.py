"""Make each known mistake on purpose, and demand that its test turns red.

A mutant is ``tests/mutants/NAME.patch``, for ``git apply`` at the root, after a few comment lines::

    # test: tests/unit/engine/test_session.py::test_a_raising_strategy_disables_trading
    # row: 63        (of the catalogue of known defects, or -)

``# test:`` may come several times: each must be red. All happens in a copy under ``build/mutants``,
where only what changed is copied and compiled again; the working tree is never touched.
Usage: run.py [NAME ...] [--python-only]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutants"
TREE = SCRATCH / "tree"
COMPILED = {".pyx", ".pxd", ".h", ".c", ".cpp"}
CORE_IN_TREE = TREE / "src" / "regimeflow" / "_core"
TIME_LIMIT_S = 120  # for one mutant's tests
SANE_LIMIT_S = 1200  # for every test once, without a mutant
TIMES = [0]

# Runs at the start of every interpreter below: the copy must win over an editable install.
BOOT = """import sys
sys.meta_path[:] = [f for f in sys.meta_path if "ScikitBuild" not in type(f).__name__]
"""


@dataclass(frozen=True)
class Mutant:
    """One mistake."""

    path: Path
    tests: tuple[str, ...]
    row: str
    touched: tuple[str, ...]

    @property
    def is_compiled(self) -> bool:
        return any(Path(name).suffix in COMPILED for name in self.touched)


def read(path: Path) -> Mutant:
    """Read a patch's head and the names of the files that it changes."""
    lines = path.read_text().splitlines()
    head = [line.lstrip("# ") for line in lines if line.startswith("#")]
    tests = tuple(line.split(":", 1)[1].strip() for line in head if line.startswith("test:"))
    row = next((line.split(":", 1)[1].strip() for line in head if line.startswith("row:")), "-")
    touched = tuple(line[6:].split("\t")[0] for line in lines if line.startswith("+++ b/"))
    if not tests or not touched:
        sys.exit(f"{path.name}: no '# test:' line, or no '+++ b/' line")
    return Mutant(path, tests, row.split()[0] if row else "-", touched)


def put(source: Path, target: Path) -> None:
    """Copy a file when it differs, so that nothing is compiled without need."""
    if target.exists() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def copy_tree() -> None:
    """Bring the copy up to the working tree, uncommitted work included."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.check_output(command, cwd=ROOT, text=True).split("\0")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in wanted:
        put(ROOT / name, TREE / name)
    for path in TREE.rglob("*"):
        is_ours = path.suffix != ".so" and "__pycache__" not in path.parts
        if path.is_file() and is_ours and str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    (SCRATCH / "boot").mkdir(exist_ok=True)
    (SCRATCH / "boot" / "sitecustomize.py").write_text(BOOT)


def copy_installed_core() -> None:
    """Use the compiled modules of this environment, where no mutant changes them."""
    from regimeflow._core import symbols

    for stale in CORE_IN_TREE.glob("*.so"):
        stale.unlink()
    for module in Path(symbols.__file__).parent.glob("*.so"):
        shutil.copyfile(module, CORE_IN_TREE / module.name)


def cmake(*arguments: str | Path) -> str:
    """Run CMake; return what it said when it failed, else nothing."""
    done = subprocess.run(["cmake", *arguments], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-2000:]


def compile_core() -> str:
    """Build what changed, straight into the copy; return the failure, if any."""
    build = SCRATCH / "cmake"
    spec = find_spec("cython_cmake")
    if spec is None or spec.origin is None or shutil.which("cmake") is None:
        return "needs the extra 'build' (Cython, cython-cmake) and CMake"
    if not (build / "CMakeCache.txt").exists():
        failure = cmake(
            *("-S", TREE, "-B", build, "-DCMAKE_BUILD_TYPE=Release"),
            *("-DSKBUILD_PROJECT_NAME=regimeflow", f"-DPython_EXECUTABLE={sys.executable}"),
            f"-DCMAKE_MODULE_PATH={Path(spec.origin).parent / 'cmake'}",
        )
        if failure:
            return failure
    return cmake("--build", build, "-j2") or cmake("--install", build, "--prefix", TREE / "src")


def run_tests(tests: Iterable[str], limit_s: int = TIME_LIMIT_S) -> dict[str, str]:
    """Run tests in the copy; return each test's outcome: passed, failed, skipped, error, hangs."""
    report = SCRATCH / "report.xml"
    report.unlink(missing_ok=True)
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SCRATCH / "boot"), str(TREE / "src")]),
        "REGIMEFLOW_SHARED": os.environ.get("REGIMEFLOW_SHARED", str(ROOT.parent / "shared")),
    }
    # Nobody reads why: the difference of two long lists would take minutes to explain.
    flags = ["-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", f"--junitxml={report}"]
    wanted = list(dict.fromkeys(tests))
    try:
        subprocess.run(
            [sys.executable, "-m", "pytest", *flags, *wanted],
            cwd=TREE,
            env=env,
            capture_output=True,
            check=False,
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired:
        return dict.fromkeys(wanted, "hangs")
    # S314: pytest wrote it a moment ago
    cases = list(ET.parse(report).iter("testcase")) if report.exists() else []  # noqa: S314
    return {test: outcome_of(test, cases) for test in wanted}


def outcome_of(test: str, cases: list[ET.Element]) -> str:
    """Find a test's outcome; a parametrised test without brackets is red when one case is."""
    path, *names = test.split("::")
    module = path.removesuffix(".py").replace("/", ".")
    classname, name = ".".join([module, *names[:-1]]), names[-1]
    found = set()
    for case in cases:
        own = case.get("name", "")
        if case.get("classname") == classname and name in (own, own.split("[")[0]):
            kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
            found.add(next(iter(kinds), "passed"))
    for worst, word in (("failure", "failed"), ("error", "error"), ("passed", "passed")):
        if worst in found:
            return word
    return "skipped" if found else "not found"


def restore(mutant: Mutant) -> None:
    """Put the true files back, with a new time: a stale .pyc or .o must not survive."""
    for name in mutant.touched:
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, TREE / name)
            bump(TREE / name)
        else:
            (TREE / name).unlink(missing_ok=True)


def bump(path: Path) -> None:
    """Give a file a time that it never had, after all that was made from it."""
    TIMES.append(max(TIMES[-1], int(time.time())) + 1)  # Python compares whole seconds only
    os.utime(path, (TIMES[-1], TIMES[-1]))


def verdict(mutant: Mutant, sane: dict[str, str]) -> str:
    """Apply one mutant and run its tests; "killed" is what it must be."""
    if bad := [f"{test} {sane[test]}" for test in mutant.tests if sane[test] != "passed"]:
        skipped = all(sane[test] == "skipped" for test in mutant.tests)
        return "skipped" if skipped else "without it: " + ", ".join(bad)
    applied = subprocess.run(
        ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", mutant.path],
        cwd=TREE,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(SCRATCH)},  # the copy is no repository
        capture_output=True,
        text=True,
        check=False,
    )
    if applied.returncode:
        return "does not apply: " + applied.stderr.strip().splitlines()[0]
    try:
        for name in mutant.touched:
            if (TREE / name).exists():
                bump(TREE / name)
        if mutant.is_compiled and (failure := compile_core()):
            return "does not compile: " + failure.strip().splitlines()[-1]
        outcomes = run_tests(mutant.tests)
    finally:
        restore(mutant)
    missed = [
        f"{test} {word}" for test, word in outcomes.items() if word not in {"failed", "hangs"}
    ]
    return "SURVIVED: " + ", ".join(missed) if missed else "killed"


def run(mutants: list[Mutant]) -> int:
    """Run mutants of one kind; print a line each; return how many were not killed."""
    if not mutants:
        return 0
    if mutants[0].is_compiled:
        if failure := compile_core():
            print(f"{len(mutants)} compiled mutants not run: {failure}")
            return len(mutants)
    else:
        copy_installed_core()
    sane = run_tests((test for mutant in mutants for test in mutant.tests), SANE_LIMIT_S)
    bad = 0
    for mutant in mutants:
        began = time.monotonic()
        said = verdict(mutant, sane)
        bad += said not in {"killed", "skipped"}
        print(
            f"{mutant.row:>4}  {mutant.path.stem:<44} {time.monotonic() - began:5.1f} s  {said}",
            flush=True,
        )
    return bad


def main(arguments: list[str]) -> int:
    """Return 0 when every mutant was killed."""
    names = {name.removesuffix(".patch") for name in arguments if not name.startswith("-")}
    mutants = [read(path) for path in sorted(Path(__file__).parent.glob("*.patch"))]
    if unknown := names - {mutant.path.stem for mutant in mutants}:
        sys.exit(f"no such mutant: {', '.join(sorted(unknown))}")
    mutants = [mutant for mutant in mutants if not names or mutant.path.stem in names]
    copy_tree()
    bad = run([mutant for mutant in mutants if not mutant.is_compiled])
    if "--python-only" not in arguments:
        bad += run([mutant for mutant in mutants if mutant.is_compiled])
    print(f"{len(mutants)} mutants, {bad} not killed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
