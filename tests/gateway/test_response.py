"""The reply's last guard: a field value can't become a field."""

import pytest
from aiohttp.test_utils import make_mocked_request

from shim.core.messages import Reply
from shim.gateway.http1.response import RawResponse


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"])
def test_line_breaks_do_not_get_out(value):
    """A value with a line break is a defect of ours and not a second field of the reply."""
    with pytest.raises(ValueError, match="line break"):
        RawResponse(make_mocked_request("GET", "/"), Reply(200, (("X-A", value),), b""))
