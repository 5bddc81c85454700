"""Fork while another thread imports the engine; print the child's exit status."""

import os
import sys
import threading
from typing import Any

import requests

import shim.auto  # noqa: F401 - it works by being imported

retired, token = sys.argv[1:]
begun = threading.Event()
forked = threading.Event()


class Halfway:
    """A finder that stops in the middle of an import."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Hold the import of one module until the process has forked."""
        if name == "shim.core.exchange":
            sys.meta_path.remove(self)
            begun.set()
            forked.wait(1)


def status() -> int:
    return requests.get(retired, headers={"Authorization": token}).status_code


sys.meta_path.insert(0, Halfway())
first = threading.Thread(target=status)
first.start()
begun.wait()
child = os.fork()
forked.set()
if not child:
    os._exit(0 if status() == 200 else 1)
first.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
