"""One call by httpx."""

import json
import sys

import httpx

method, url, data, headers = json.loads(sys.argv[1])
print(httpx.request(method, url, content=data, headers=headers).status_code)
