"""Stay as the parent of the program if the command is process 1 of a container.

The kernel makes process 1 the parent of every orphan, and kills all other processes
when it ends. So it reaps ended processes, passes signals on to the program, and ends
with the program's exit code. Before it ends, it waits until the processes next to the
program have removed their files.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal

MAX_WAIT = 10.0
"""Seconds for the processes next to the program to end."""

_OWN = {signal.SIGCHLD, signal.SIGTTIN, signal.SIGTTOU}
"""Signals that are not passed on."""


def stay() -> int:
    """Fork, and return in the new process, which becomes the program.

    This process ends when the program does. Returns the end of a pipe that the
    processes next to the program hold open while they run.
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
    """Create a process group and take the terminal, so that Ctrl-C reaches only the program."""
    os.setpgid(0, 0)
    with contextlib.suppress(OSError):  # there is no terminal
        os.tcsetpgrp(0, os.getpgrp())


def _reaped(program: int) -> int | None:
    """Reap all ended processes. Return the program's exit code, None while it runs."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == program:
                status = os.waitstatus_to_exitcode(ended[1])
                code = status if status >= 0 else 128 - status  # like a shell
    return code
