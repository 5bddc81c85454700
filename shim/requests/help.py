"""The very module ``requests.help``."""

import sys

import requests.help
from requests.help import *  # noqa: F403 - what a type checker sees; at run time the module itself takes this one's place

sys.modules[__name__] = requests.help
