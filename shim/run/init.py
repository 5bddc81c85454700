"""A run that is process 1 of a container: it stays as the parent of the program, as an init does.

The kernel gives process 1 every orphan, and ends all others with it. So it reaps processes that
ends, passes signals on to the program, and ends with the program's exit code, once the
processes beside the program have removed their files.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal

MAX_WAIT = 10.0
"""Seconds that the processes beside the program have to end."""

_OWN = {signal.SIGCHLD, signal.SIGTTIN, signal.SIGTTOU}
"""Signals that are not passed on."""


def stay() -> int:
    """Return in a new process, which is to become the program; this one ends as that one does.

    Returns the end of a pipe that the processes beside the program hold open for as
    long as they run.
    """
    over, running = os.pipe()
    everything = signal.valid_signals()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, everything)
    program = os.fork()
    if not program:
        os.close(over)
        _stand_in_front()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return running
    os.close(running)
    code = None
    while code is None:
        came = signal.sigwait(everything)
        if came not in _OWN:
            with contextlib.suppress(ProcessLookupError):
                os.kill(program, came)
        code = _reaped(program)
    select.select([over], [], [], MAX_WAIT)
    os._exit(code)


def _stand_in_front() -> None:
    """Take a process group of its own, and the terminal: its Ctrl-C is for the program alone."""
    os.setpgid(0, 0)
    with contextlib.suppress(OSError):  # there is no terminal
        os.tcsetpgrp(0, os.getpgrp())


def _reaped(program: int) -> int | None:
    """Take the exit codes of all that has ended; return the program's, None while it runs."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == program:
                status = os.waitstatus_to_exitcode(ended[1])
                code = status if status >= 0 else 128 - status  # as a shell has it
    return code
