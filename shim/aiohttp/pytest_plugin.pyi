from aiohttp.pytest_plugin import *  # noqa: F403 - the very module, see __init__.py
