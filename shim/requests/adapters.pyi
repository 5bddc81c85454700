from requests.adapters import *  # noqa: F403 - what a type checker sees
