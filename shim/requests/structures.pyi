from requests.structures import *  # noqa: F403 - what a type checker sees
