from urllib3.util.url import *  # noqa: F403 - the very module, see ../__init__.py
