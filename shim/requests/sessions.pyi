from requests.sessions import *  # noqa: F403 - what a type checker sees
