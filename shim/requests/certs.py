"""The very module ``requests.certs``, for programs that import it by name."""

import sys

import requests.certs
from requests.certs import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

sys.modules[__name__] = requests.certs
