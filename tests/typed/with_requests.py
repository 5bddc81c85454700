"""A program as a user writes it around requests' types; it is not run."""

from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from requests.exceptions import ConnectionError as Unreachable

from shim import requests
from shim.requests.sessions import Session


def use(session: Session, adapter: HTTPAdapter) -> int:
    """Mount an adapter and make a signed call."""
    session.mount("https://", adapter)
    try:
        return session.get("https://a", auth=HTTPDigestAuth("u", "p")).status_code
    except Unreachable as error:
        return error.errno or 0


def main() -> None:
    """Use the functions, the errors and the modules of the package."""
    use(requests.Session(), requests.adapters.HTTPAdapter(pool_maxsize=3))
    try:
        answer: requests.Response = requests.get("https://a", params={"b": 1}, timeout=5)
        assert answer.status_code == requests.codes.ok
    except (requests.HTTPError, requests.exceptions.Timeout) as error:
        requests.Session().close()
        raise TimeoutError(error.request) from error


def mistakes(session: requests.Session) -> None:
    """What requests' types refuse."""
    session.get("https://a", nonsense=1)  # type: ignore[call-arg]
    session.mount(1, HTTPAdapter())  # type: ignore[arg-type]
    session.get("https://a").reed()  # type: ignore[attr-defined]
    requests.nonsense  # type: ignore[attr-defined]  # noqa: B018 - looking is the mistake
