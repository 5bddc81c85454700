from aiohttp.tcp_helpers import *  # noqa: F403 - the very module, see __init__.py
