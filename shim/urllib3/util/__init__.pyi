from urllib3.util import *  # noqa: F403 - what a type checker sees
