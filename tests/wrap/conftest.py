"""Start and end each test with a process that the drop-in has not changed."""

from tests.doors.process import *  # noqa: F403 - its fixtures
