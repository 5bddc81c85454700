"""Print the modules that each stage of a program has loaded, and its results.

``loads.py on ATLAS RETIRED TOKEN`` switches the drop-in on at the start, ``off`` later.
"""

import os
import sys

way, atlas, retired, token = sys.argv[1:]
before = set(sys.modules)
stages: dict[str, list[object]] = {}


def note(stage, result=None):
    stages[stage] = [sorted(set(sys.modules) - before), result]


def statuses(*libraries, url=retired):
    headers = {"Authorization": token}
    return [library.get(url, headers=headers).status_code for library in libraries]


def switched_on():
    import shim.auto  # noqa: F401 - it works by being imported

    note("auto")
    import urllib.request

    try:
        urllib.request.urlopen("http://localhost:1/x")
    except OSError:
        note("standard library")
    os.environ["ATLAS_SHIM_UPSTREAM"] = atlas
    import httpx
    import requests

    patched = (httpx.Client.send, requests.Session.get_adapter)
    note("imported", [hasattr(function, "__wrapped__") for function in patched])
    note("other calls", statuses(requests, httpx, url=f"{atlas}/elsewhere"))
    import aiohttp

    note("aiohttp", hasattr(vars(aiohttp.ClientSession)["_request"], "__wrapped__"))
    note("retired calls", statuses(requests, httpx))


def switched_off():
    import shim

    note("record", shim.record(None))
    os.environ["ATLAS_SHIM_UPSTREAM"] = atlas
    shim.install()
    shim.uninstall()
    import httpx
    import requests

    statuses(requests, httpx, url=f"{atlas}/elsewhere")
    note("switched off", statuses(requests, httpx))
    shim.wrap(requests.Session())
    note("wrapped")
    shim.install()
    note("switched on", statuses(requests, httpx))


{"on": switched_on, "off": switched_off}[way]()
import json  # noqa: E402 - the stages must not have it from here

print(json.dumps(stages))
