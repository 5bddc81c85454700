from requests.utils import *  # noqa: F403 - what a type checker sees
