from urllib3.util.proxy import *  # noqa: F403 - the very module, see ../__init__.py
