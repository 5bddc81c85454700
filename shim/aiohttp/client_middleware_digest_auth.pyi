from aiohttp.client_middleware_digest_auth import *  # noqa: F403 - the very module, see __init__.py
