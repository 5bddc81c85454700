"""What goes wrong, in the words of the Atlas CLI: one ``Error: …`` on stderr, exit code 1."""


class CliError(Exception):
    """A command of the Atlas CLI fails; its text is what follows ``Error: ``."""
