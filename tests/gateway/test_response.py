"""The reply's last guard: a field value can't become a field."""

import pytest

from shim.core.messages import Reply
from shim.gateway.http1.head import RequestHead
from shim.gateway.http1.response import frame


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"])
def test_line_breaks_do_not_get_out(value):
    """A value with a line break is a defect of ours and not a second field of the reply."""
    with pytest.raises(ValueError, match="line break"):
        frame(RequestHead("GET", "/", ()), Reply(200, (("X-A", value),), b""), keep_alive=True)
