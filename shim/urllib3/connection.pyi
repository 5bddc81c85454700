from urllib3.connection import *  # noqa: F403 - the very module, see __init__.py
