from aiohttp.http_writer import *  # noqa: F403 - the very module, see __init__.py
