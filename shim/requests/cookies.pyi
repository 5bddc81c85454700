from requests.cookies import *  # noqa: F403 - what a type checker sees
