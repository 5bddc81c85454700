from aiohttp.web_request import *  # noqa: F403 - the very module, see __init__.py
