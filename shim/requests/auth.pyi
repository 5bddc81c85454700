from requests.auth import *  # noqa: F403 - what a type checker sees
