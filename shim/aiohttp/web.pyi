from aiohttp.web import *  # noqa: F403 - what a type checker sees
