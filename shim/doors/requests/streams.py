"""Reading a response's raw content within bounds, and giving it back as it came from the wire, in requests' terms."""

from __future__ import annotations

from requests import Response
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, SSLError  # noqa: A004 - requests' own
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError
from urllib3.exceptions import SSLError as PoolSSLError

from shim.doors.streams import ResponseContent
from shim.doors.urllib3 import streams as _streams


def drain(native: Response, limit: int) -> ResponseContent:
    """Read raw content until it ends or exceeds ``limit`` bytes; raises what reading ``content`` would."""
    if native._content_consumed or native._content is not False:  # noqa: SLF001 - to read is what this would change
        return ResponseContent([native.content or b""], decoded=True)
    try:
        return _streams.drain(native.raw, limit)
    except ProtocolError as error:
        raise ChunkedEncodingError(error) from error
    except DecodeError as error:
        raise ContentDecodingError(error) from error
    except ReadTimeoutError as error:
        raise ConnectionError(error) from error
    except PoolSSLError as error:
        raise SSLError(error) from error


def put_back(native: Response, content: ResponseContent, method: str | None) -> None:
    """Let a response that was drained be read again, byte for byte."""
    if native._content_consumed:  # noqa: SLF001 - then its content is held already
        return
    old = native.raw
    native.raw = _streams.renewed(old, content, method) if isinstance(old, HTTPResponse) else content
