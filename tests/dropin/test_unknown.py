"""A variable that nothing reads is told to the program, once."""

import os
import subprocess
import sys

import pytest

CODE = "import shim, httpx; shim.install(); shim.install(); shim.httpx.Client(); shim.httpx.Client()"


def said_with(**variables):
    """Run a program with the drop-in and these variables, and return what it wrote to stderr."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATLAS_SHIM_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={**kept, **variables}, capture_output=True, text=True, check=True
    )
    return done.stderr


def test_a_mistyped_variable_is_told_once():
    """With the name that is nearest, however many clients are made."""
    assert said_with(ATLAS_SHIM_ROUT="off") == "ATLAS_SHIM_ROUT: is no setting; did you mean ATLAS_SHIM_ROUTE?\n"


@pytest.mark.parametrize("name", ["ATLAS_SHIM_LISTEN", "ATLAS_SHIM_INVENTORY", "_ATLAS_SHIM_CHECKED"])
def test_known_variables_are_not_told(name):
    """The gateway's own may be set for the whole machine, and what atlas-shim run looked at is not looked at again."""
    more = {"ATLAS_SHIM_ROUT": "off"} if name.startswith("_") else {}
    assert said_with(**{name: "" if name.startswith("_") else os.devnull, **more}) == ""


def test_the_gateway_s_options_are_not_loaded_for_nothing():
    """A program pays for the look only where a variable is in question."""
    code = f"{CODE}; import sys; sys.exit('shim.gateway.options' in sys.modules)"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATLAS_SHIM_")}
    subprocess.run([sys.executable, "-c", code], env={**kept, "ATLAS_SHIM_ROUTE": "auto"}, check=True)
