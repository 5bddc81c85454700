"""The very module ``requests.auth``, for programs that import it by name."""

import sys

import requests.auth
from requests.auth import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

sys.modules[__name__] = requests.auth
