from urllib3.poolmanager import *  # noqa: F403 - what a type checker sees
