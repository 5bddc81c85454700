from aiohttp.payload_streamer import *  # noqa: F403 - the very module, see __init__.py
