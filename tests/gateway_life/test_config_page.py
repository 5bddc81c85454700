"""What the running gateway says of its settings, and what is told of those that mean nothing."""

import json
import signal
import subprocess
import sys

import attrs
import pytest

from shim.core.settings import FlagRoute
from shim.errors import SettingsError
from shim.gateway.plan import Plan, PlanSource, report
from tests.gateway_life.conftest import clean_environ
from tests.peers.served import At, ask, gateway, get, value_of


def settings_at(url):
    """Ask an admin listener for the settings in force."""
    head, content = ask(At(url), get("/config.json", host=url.removeprefix("http://")))
    assert value_of(head, "Content-Type") == "application/json"
    return {one["name"]: (one["value"], one["source"]) for one in json.loads(content)["settings"]}


def test_flag_variable_file_and_default_are_told_apart_also_after_a_reload(serve, port, tmp_path):
    """The page says what is in force: what needs a restart stays as it was; a variable that means nothing is told."""
    file = tmp_path / "shim.toml"
    file.write_text('route = "legacy"\nupstream_timeout = 7\n')
    words = ("--admin", f"127.0.0.1:{port}", "--deadline", "9", "--config", str(file))
    running = serve(*words, env={"ATLAS_SHIM_DRAIN": "3", "ATLAS_SHIM_ROUT": "off"})
    running.logged(r"WARNING .*ATLAS_SHIM_ROUT: is no setting; did you mean ATLAS_SHIM_ROUTE\?")
    running.calls()
    url = f"http://127.0.0.1:{port}"
    settings = settings_at(url)
    assert settings["deadline"] == ("9", "--deadline")
    assert settings["drain"] == ("3", "ATLAS_SHIM_DRAIN")
    assert settings["route"] == ("legacy", str(file))
    assert settings["body_limit"] == ("16777216", "default")
    file.write_text('route = "flex"\nupstream_timeout = 8\n')
    running.process.send_signal(signal.SIGHUP)
    running.logged("need a restart")
    settings = settings_at(url)
    assert settings["route"] == ("flex", str(file))
    assert settings["upstream_timeout"] == ("7", str(file))


def test_an_embedded_gateway_has_its_options_of_the_program():
    """What differs from the default was set by the program; the flag of the route is told beside it."""
    with gateway("http://127.0.0.1:1") as served:
        settings = settings_at(served.admin_url)
    assert settings["upstream"] == ("http://127.0.0.1:1", "program")
    assert settings["route"] == ("auto", "default")


def test_secrets_are_masked():
    """Neither the nonce store's password nor the credentials themselves are shown, only where they come from."""
    environ = {"MONGODB_ATLAS_PUBLIC_API_KEY": "abcdefgh", "MONGODB_ATLAS_PRIVATE_API_KEY": "hush-hush"}
    plan = PlanSource({**environ, "ATLAS_SHIM_CREDENTIALS": "own"}).read()
    options = attrs.evolve(plan.options, nonce_store="redis://:hush-hush@host/0")
    said = json.dumps(report(Plan(options, plan.engine), environ, {}))
    assert "hush" not in said
    assert "MONGODB_ATLAS_PRIVATE_API_KEY" in said


def test_the_flag_of_the_route_is_told():
    """Who reads the page sees the words in force, and what is wrong with the provider."""
    plan = PlanSource({}).read()
    plan = Plan(attrs.evolve(plan.options, route=FlagRoute("k")), plan.engine)
    said = json.loads(json.dumps(report(plan, {}, {"flag": "k", "projects": {"flex": 2}, "others": "auto"})))
    assert said["route_flag"] == {"flag": "k", "projects": {"flex": 2}, "others": "auto"}
    assert {"name": "route", "value": "openfeature:k", "source": "program"} in said["settings"]


def test_all_that_is_wrong_is_told_at_once_by_file_variable_flag_and_key(tmp_path):
    """One look at the message is enough to mend everything."""
    (tmp_path / "mine.toml").write_text('format = 1\noverrides = "nothing"\n')
    file = tmp_path / "shim.cfg"
    file.write_text('rout = "off"\nlog_level = "loud"\n')
    environ = {"ATLAS_SHIM_DRAIN": "x", "ATLAS_SHIM_MAPPINGS": str(tmp_path)}
    with pytest.raises(SettingsError) as caught:
        PlanSource(environ, {"deadline": "0"}, file).read()
    problems = "\n".join(caught.value.problems)
    for part in (
        f"{file}: rout: no such option; did you mean route?",
        f"{file}: log_level: 'loud'",
        "ATLAS_SHIM_DRAIN: 'x'",
        "--deadline: '0'",
        "mine.toml: overrides",
    ):
        assert part in problems


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('sunset = "snapshot=2026-02-01"', "sunset: 'snapshot' is not one of"),
        ("[sunset]\nsnapshot = 2026-02-01", "sunset: 'snapshot' is not one of"),
        ('reuse_port = "on"\nuds = "/calls"', "reuse_port: shares a TCP port"),
    ],
)
def test_options_that_contradict_the_rest_are_named_as_they_were_given(tmp_path, text, name):
    """Also where only documents or other options show the mistake."""
    file = tmp_path / "shim.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=f"^{file}: {name}"):
        PlanSource({}, {}, file).read()


def test_a_file_may_use_what_toml_has(tmp_path):
    """Switches as booleans, lists as arrays, dates as a table."""
    file = tmp_path / "shim.toml"
    file.write_text(
        'reuse-port = true\nproxy_protocol = false\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n'
        "[sunset]\nsnapshots = 2026-02-01\n"
    )
    options = PlanSource({}, {}, file).read().options
    assert (options.reuse_port, options.proxy_protocol) == (True, False)
    assert list(map(str, options.trusted_proxies)) == ["10.0.0.0/8", "::1/128"]
    assert f"{options.sunset['snapshots']:%Y-%m-%d}" == "2026-02-01"


def test_a_setting_that_is_found_wrong_at_the_start_is_named_too(tmp_path):
    """A certificate that can't be read is the file's key, and the exit code that of bad settings."""
    file = tmp_path / "shim.toml"
    file.write_text('listen = "127.0.0.1:0"\nadmin = "off"\nopenfeature_provider = "nosuch:x"\n')
    words = [sys.executable, "-m", "shim", "serve", "--config", str(file)]
    done = subprocess.run(words, env=clean_environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"Error: {file}: openfeature_provider: nosuch:x can't be imported" in done.stderr
