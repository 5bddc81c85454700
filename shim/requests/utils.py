"""The very module ``requests.utils``, for programs that import it by name."""

import sys

import requests.utils
from requests.utils import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

sys.modules[__name__] = requests.utils
