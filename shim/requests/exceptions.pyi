from requests.exceptions import *  # noqa: F403 - what a type checker sees
