from urllib3.util.request import *  # noqa: F403 - the very module, see ../__init__.py
