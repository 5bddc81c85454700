from urllib3.util.util import *  # noqa: F403 - the very module, see ../__init__.py
