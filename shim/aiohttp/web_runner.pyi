from aiohttp.web_runner import *  # noqa: F403 - the very module, see __init__.py
