"""The very module ``requests.status_codes``, for programs that import it by name."""

import sys

import requests.status_codes
from requests.status_codes import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

sys.modules[__name__] = requests.status_codes
