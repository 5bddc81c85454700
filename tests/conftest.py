"""What all tests share."""

import inspect
from functools import partialmethod

from click.testing import CliRunner
from hypothesis import settings

# A slow machine is no defect: examples are bounded in number, never in time.
settings.register_profile("shim", deadline=None)
settings.load_profile("shim")

if "mix_stderr" in inspect.signature(CliRunner).parameters:  # click 8.1 captures both streams as one unless told
    CliRunner.__init__ = partialmethod(CliRunner.__init__, mix_stderr=False)  # type: ignore[assignment]
