from urllib3.exceptions import *  # noqa: F403 - what a type checker sees
