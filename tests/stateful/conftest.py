"""A process that is clean before and after each test."""

from tests.doors.process import *  # noqa: F403 - its fixtures
