"""A program as a user writes it around httpx2's types; it is not run."""

from __future__ import annotations

from shim import httpx2, record


def log(response: httpx2.Response) -> None:
    """A hook."""
    response.raise_for_status()


def use(client: httpx2.Client) -> list[str]:
    """What programs do with a client."""
    client.event_hooks["response"].append(log)
    response = client.send(client.build_request("GET", "/x"), stream=True, auth=httpx2.DigestAuth("u", "p"))
    found = record(response)
    with httpx2.stream("GET", "https://a") as streamed, client.sse("https://a"):
        return [*streamed.iter_lines(), "" if found is None else found.route]


async def ause() -> httpx2.Response:
    """The same for AsyncClient, and a transport."""
    transport = httpx2.AsyncTransport(auth=httpx2.DigestAuth("u", "p"))
    async with httpx2.AsyncClient(transport=transport, limits=httpx2.Limits(max_connections=1)) as client:
        answer: httpx2.Response = await client.query("/x", timeout=httpx2.Timeout(5.0, connect=1.0))
        return await client.send(answer.request)


def mistakes() -> None:
    """What httpx2's types refuse."""
    httpx2.Client(nonsense=1)  # type: ignore[call-arg]
    httpx2.get("https://a", content=b"")  # type: ignore[call-arg]
    httpx2.Client().send("https://a")  # type: ignore[arg-type]
    httpx2.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
