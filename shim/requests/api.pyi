from requests.api import *  # noqa: F403 - what a type checker sees
