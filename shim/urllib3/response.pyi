from urllib3.response import *  # noqa: F403 - what a type checker sees
