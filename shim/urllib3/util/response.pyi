from urllib3.util.response import *  # noqa: F403 - the very module, see ../__init__.py
