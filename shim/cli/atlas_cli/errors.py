"""Errors as the Atlas CLI shows them: one ``Error: …`` on stderr, exit code 1."""


class CliError(Exception):
    """A command of the Atlas CLI fails; its text follows ``Error: ``."""
