"""The day's work, one session each: ``nox -l`` lists it, ``nox`` runs what belongs before a commit."""

from __future__ import annotations

import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
CHECKED = [folder for folder in ("src", "tests/typing") if (ROOT / folder).is_dir()]

# The interpreter that runs nox has the compiled package already: no environment per session.
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "arch", "unit"]
nox.needs_version = ">=2024.10"


def python(session: nox.Session, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
    """Run this interpreter; ``-m`` finds the tools of its own environment, whatever PATH says."""
    session.run(sys.executable, *map(str, arguments), env=env, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and spelling (ruff, codespell)."""
    python(session, "-m", "ruff", "check", *session.posargs, ".")
    python(session, "-m", "ruff", "format", "--check", ".")
    python(session, "-m", "codespell_lib", "src", "tests", "docs", "examples", *ROOT.glob("*.md"))


@nox.session
def types(session: nox.Session) -> None:
    """Check types strictly (mypy)."""
    python(session, "-m", "mypy", *CHECKED, *session.posargs)


@nox.session
def arch(session: nox.Session) -> None:
    """Check floors, budgets, public names, documents."""
    python(session, "-m", "pytest", "-q", "tests/architecture", *session.posargs)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit tests."""
    python(session, "-m", "pytest", "-q", "tests/unit", *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """Run every test; what comes after ``--`` goes to pytest."""
    python(session, "-m", "pytest", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Compile again after touching src/_core (editable; needs the extra "build")."""
    flags = ["--quiet", "--no-build-isolation", "--no-deps"]
    python(session, "-m", "pip", "install", *flags, "--editable", ".", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, with rivals in the same run; ``-- -k bus`` for one case."""
    python(session, "-m", "pytest", "-q", "benchmarks", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel; look inside; install it into a clean venv and use it outside the tree."""
    python(session, ".ci/check_wheel.py", *session.posargs)


@nox.session
def pythons(session: nox.Session) -> None:
    """Run the unit tests on the other supported Pythons, where they are found."""
    python(session, ".ci/check_pythons.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated pages again; fail when they were not current."""
    python(session, "docs/generate.py", "--check", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Make each mistake of tests/mutants on purpose; its test must turn red."""
    python(session, "tests/mutants/run.py", *session.posargs)


@nox.session
def queue_kills(session: nox.Session) -> None:
    """Kill engine, publisher and consumer of a queue 50 times; each message has its effect once."""
    python(session, "-m", "tests.crash.queue_kills", *(session.posargs or ("--moments", "50")))


@nox.session
def planted(session: nox.Session) -> None:
    """Make the mistakes of others on purpose; the simulation must find each within 200 seeds."""
    python(session, "tests/planted/run.py", *session.posargs)


@nox.session
def sanitize(session: nox.Session) -> None:
    """Run the concurrency tests of the core, ThreadSanitizer included."""
    python(session, "-m", "pytest", "-q", "tests/concurrency", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz the codec and the parsers under the sanitizers; ``-- --minutes 10`` for how long."""
    python(session, "-m", "tests.fuzz.run", *session.posargs)


@nox.session
def ci(session: nox.Session) -> None:
    """Run everything, in CI's order."""
    for name in ("lint", "types", "docs", "test", "wheel", "pythons", "mutants"):
        session.notify(name)
