from urllib3.util.retry import *  # noqa: F403 - what a type checker sees
