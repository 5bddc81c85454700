from aiohttp.web_ws import *  # noqa: F403 - the very module, see __init__.py
