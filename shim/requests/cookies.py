"""The very module ``requests.cookies``, for programs that import it by name."""

import sys

import requests.cookies
from requests.cookies import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

sys.modules[__name__] = requests.cookies
