"""A program as a user writes it around httpx's types; it is not run."""

import asyncio

from shim import httpx


def log(response: httpx.Response) -> None:
    """A hook."""
    response.raise_for_status()


def use(client: httpx.Client) -> list[str]:
    """Do what programs do with a client."""
    client.event_hooks["response"].append(log)
    request = client.build_request("GET", "/x", params={"a": "1"})
    response = client.send(request, stream=True, auth=httpx.DigestAuth("u", "p"), follow_redirects=True)
    with client.stream("GET", "/x") as streamed:
        return [*streamed.iter_lines(), response.text]


async def ause(client: httpx.AsyncClient) -> bytes:
    """Do what programs do with a client whose calls are awaited."""
    response = await client.get("/x", timeout=httpx.Timeout(5.0, connect=1.0))
    again = await client.send(response.request)
    async with client.stream("GET", "/x") as streamed:
        async for chunk in streamed.aiter_raw():
            return chunk
    return again.content


def main() -> None:
    """Use the functions, the errors and the constants of the package."""
    try:
        with httpx.Client(base_url="https://a", limits=httpx.Limits(max_connections=1)) as client:
            use(client)
        answer: httpx.Response = httpx.get("https://a", params={"b": 1}, verify=False)
        answer.raise_for_status()
        with httpx.stream("POST", "https://a", json={}) as made:
            made.read()
    except (httpx.HTTPStatusError, httpx.TransportError) as error:
        log(httpx.Response(503, request=error.request))
    asyncio.run(ause(httpx.AsyncClient(transport=httpx.AsyncTransport(auth=httpx.DigestAuth("u", "p")))))
    httpx.Client().get(httpx.__version__, timeout=float(httpx.codes.OK), auth=httpx.USE_CLIENT_DEFAULT)


def mistakes() -> None:
    """What httpx's types refuse."""
    httpx.Client(nonsense=1)  # type: ignore[call-arg]
    httpx.get("https://a", content=b"")  # type: ignore[call-arg]
    httpx.Client().send("https://a")  # type: ignore[arg-type]
    httpx.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
