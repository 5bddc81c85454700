"""One call by requests."""

import json
import sys

import requests

method, url, data, headers = json.loads(sys.argv[1])
print(requests.request(method, url, data=data, headers=headers).status_code)
