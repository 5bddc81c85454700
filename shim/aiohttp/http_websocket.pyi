from aiohttp.http_websocket import *  # noqa: F403 - the very module, see __init__.py
