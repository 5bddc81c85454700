"""The very module ``requests.packages`` with everything below it, such as ``packages.urllib3.util.retry``."""

import sys

import requests.packages
from requests.packages import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

for _name in [name for name in sys.modules if name.startswith("requests.packages.")]:
    sys.modules[f"shim.{_name}"] = sys.modules[_name]
sys.modules[__name__] = requests.packages
