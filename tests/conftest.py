"""Options of all tests: which cases run, and the amount of generated input."""

import gc
import inspect
import os
import sys
from functools import partialmethod

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

# Click 8.1 captures both streams as one by default.
if "mix_stderr" in inspect.signature(CliRunner).parameters:
    CliRunner.__init__ = partialmethod(CliRunner.__init__, mix_stderr=False)  # type: ignore[assignment]


# Hundreds of processes start Python here. They share compiled files, even if the
# environment turns that off.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# No setting, credential or proxy of the machine is used, including in the processes
# that tests start.
OURS = ("ATLAS_SHIM_", "MONGODB_ATLAS_", "MCLI_")
for variable in [
    name
    for name in os.environ
    if name.startswith(OURS) or name.lower().endswith("_proxy")
]:
    if variable != "ATLAS_SHIM_TEST_ROOT":
        del os.environ[variable]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Start one more worker than there are processors: many tests wait for a socket or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser):
    """Add the option that selects between the quick tests and all tests."""
    parser.addoption(
        "--every",
        action="store_true",
        help="run slow tests too, and each combination of parameters",
    )


def pytest_configure(config):
    """Limit generated examples by number and never by time; a slow machine is not a defect."""
    lenient = settings(
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    settings.register_profile("gate", lenient, max_examples=20, derandomize=True)
    settings.register_profile("every", lenient)
    settings.load_profile("every" if config.getoption("--every") else "gate")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Exclude all imported and collected objects from garbage collection, because they live to the end."""
    gc.collect()
    if hasattr(gc, "freeze"):  # which PyPy has not
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Save a pytest-xdist worker's coverage before the worker reports its end, because it may then be killed."""
    coverage = sys.modules.get("coverage")
    if (
        hasattr(session.config, "workerinput")
        and coverage
        and (measured := coverage.Coverage.current())
    ):
        measured.stop()
        measured.save()


def runs_all(config):
    """Return whether each test runs in all its cases: with ``--every``, or if a test was named."""
    return config.getoption("--every") or any(
        "::" in argument for argument in config.args
    )


@pytest.hookimpl(wrapper=True)
def pytest_generate_tests(metafunc):
    """Create only the cases of a test that will run; items for all products took as long as some folders' tests."""
    made = yield
    if not runs_all(metafunc.config):
        quick = [
            case
            for case in metafunc._calls
            if all(mark.name != "slow" for mark in case.marks)
        ]
        metafunc._calls = thinned(quick or metafunc._calls[:1])
    return made


def pytest_collection_modifyitems(config, items):
    """Without ``--every``, leave slow tests out."""
    if not runs_all(config):
        config.hook.pytest_deselected(
            items=[item for item in items if item.get_closest_marker("slow")]
        )
        items[:] = [item for item in items if not item.get_closest_marker("slow")]


def thinned(cases):
    """Return cases of one test in which each value of each parameter occurs.

    The shorter lists rotate. The parts of a case's id distinguish its parameters.
    """
    columns = [*zip(*(case._idlist for case in cases), strict=True)]
    if len(columns) < 2:
        return cases
    places = [
        {name: at for at, name in enumerate(dict.fromkeys(column))}
        for column in columns
    ]
    widest = max(places, key=len)
    at = [
        [place[name] for place, name in zip(places, case._idlist, strict=True)]
        for case in cases
    ]

    def off_diagonal(case):
        turn = at[case][places.index(widest)]
        return sum(
            (here - turn) % len(place) != 0
            for here, place in zip(at[case], places, strict=True)
        )

    seen: set[tuple[int, int]] = set()
    kept = set()
    for case in sorted(range(len(cases)), key=off_diagonal):
        if new := set(enumerate(at[case])) - seen:
            seen |= new
            kept.add(case)
    return [case for number, case in enumerate(cases) if number in kept]
