from aiohttp.http_parser import *  # noqa: F403 - the very module, see __init__.py
