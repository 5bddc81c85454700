from urllib3.util.timeout import *  # noqa: F403 - what a type checker sees
