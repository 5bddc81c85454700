from aiohttp.client import *  # noqa: F403 - what a type checker sees
