"""Programs as users write them with the types of httpx, requests and urllib3; they are not run."""

import asyncio

import shim
from shim import httpx, requests, urllib3
from shim.requests.adapters import HTTPAdapter
from shim.requests.auth import HTTPDigestAuth
from shim.requests.exceptions import ConnectionError as Unreachable
from shim.requests.sessions import Session
from shim.urllib3.exceptions import HTTPError
from shim.urllib3.poolmanager import PoolManager
from shim.urllib3.util.retry import Retry


def log(response: httpx.Response) -> None:
    """A hook."""
    response.raise_for_status()


def use(client: httpx.Client) -> list[str]:
    """Use a client of httpx as programs do."""
    client.event_hooks["response"].append(log)
    request = client.build_request("GET", "/x", params={"a": "1"})
    response = client.send(
        request, stream=True, auth=httpx.DigestAuth("u", "p"), follow_redirects=True
    )
    with client.stream("GET", "/x") as streamed:
        return [*streamed.iter_lines(), response.text]


async def ause(client: httpx.AsyncClient) -> bytes:
    """Use an asynchronous client as programs do."""
    response = await client.get("/x", timeout=httpx.Timeout(5.0, connect=1.0))
    again = await client.send(response.request)
    async with client.stream("GET", "/x") as streamed:
        async for chunk in streamed.aiter_raw():
            return chunk
    return again.content


def of_httpx() -> None:
    """Use the functions, the errors and the constants of the package."""
    try:
        with httpx.Client(
            base_url="https://a", limits=httpx.Limits(max_connections=1)
        ) as client:
            use(client)
        answer: httpx.Response = httpx.get("https://a", params={"b": 1}, verify=False)
        answer.raise_for_status()
        with httpx.stream("POST", "https://a", json={}) as made:
            made.read()
    except (httpx.HTTPStatusError, httpx.TransportError) as error:
        log(httpx.Response(503, request=error.request))
    asyncio.run(
        ause(
            httpx.AsyncClient(
                transport=httpx.AsyncHTTPTransport(retries=1),
                auth=httpx.DigestAuth("u", "p"),
            )
        )
    )
    httpx.Client().get(
        httpx.__version__, timeout=float(httpx.codes.OK), auth=httpx.USE_CLIENT_DEFAULT
    )


def of_requests(session: Session) -> int:
    """Mount an adapter and make calls; use the functions, the errors and the modules of the package."""
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=3))
    try:
        answer: requests.Response = requests.get(
            "https://a", params={"b": 1}, timeout=5
        )
        assert answer.status_code == requests.codes.ok
        return session.get("https://a", auth=HTTPDigestAuth("u", "p")).status_code
    except Unreachable as error:
        return error.errno or 0
    except (requests.HTTPError, requests.exceptions.Timeout) as error:
        raise TimeoutError(error.request) from error


def of_urllib3(http: PoolManager, pool: urllib3.HTTPSConnectionPool) -> int:
    """Make calls by a manager, a pool and a function."""
    try:
        response = http.request(
            "GET",
            "https://a",
            headers={"a": "b"},
            retries=Retry(3),
            preload_content=False,
        )
        record = shim.record(response)
        assert record is None or record.route
        urllib3.request("GET", "https://a", timeout=1.0).json()
        return pool.urlopen("GET", "/", body=b"", redirect=False).status
    except HTTPError:
        return len(urllib3.connection_from_url("https://a", maxsize=3).host)


def main() -> None:
    """Create sessions, managers and pools."""
    of_requests(requests.Session())
    timeout = urllib3.Timeout(total=3)
    pool = urllib3.HTTPSConnectionPool("a", 443)
    of_urllib3(urllib3.PoolManager(3, headers={}, timeout=timeout), pool)
    of_urllib3(urllib3.ProxyManager("http://a", 3), urllib3.HTTPSConnectionPool("a"))


def mistakes(session: requests.Session) -> None:
    """Calls that each library's types refuse."""
    httpx.Client(nonsense=1)  # type: ignore[call-arg]
    httpx.get("https://a", content=b"")  # type: ignore[call-arg]
    httpx.Client().send("https://a")  # type: ignore[arg-type]
    httpx.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
    session.get("https://a", nonsense=1)  # type: ignore[call-arg]
    session.mount(1, HTTPAdapter())  # type: ignore[arg-type]
    session.get("https://a").reed()  # type: ignore[attr-defined]
    requests.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
    urllib3.Retry(nonsense=3)  # type: ignore[call-arg]
    urllib3.ProxyManager(3, 3)  # type: ignore[arg-type]
    urllib3.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
