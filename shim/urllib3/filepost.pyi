from urllib3.filepost import *  # noqa: F403 - the very module, see __init__.py
