"""What is said of settings that are wrong, contradict each other, or mean nothing."""

import subprocess
import sys

from shim.gateway.plan import PlanSource
from tests.gateway_life.conftest import clean_environ


def test_a_variable_that_means_nothing_is_named(serve):
    """A mistyped kill switch has no effect, and the log says so."""
    running = serve("--admin", "off", env={"ATLAS_SHIM_ROUT": "off"})
    running.logged(r"WARNING .*ATLAS_SHIM_ROUT: is not a setting; did you mean ATLAS_SHIM_ROUTE\?")
    running.calls()


def test_a_file_may_use_what_toml_has(tmp_path):
    """Switches as booleans, lists as arrays, dates as a table."""
    file = tmp_path / "shim.toml"
    file.write_text(
        'log-names = true\nproxy_protocol = false\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n'
        "[sunset]\nsnapshots = 2026-02-01\n"
    )
    options = PlanSource({}, {}, file).read().options
    assert (options.log_names, options.proxy_protocol) == (True, False)
    assert list(map(str, options.trusted_proxies)) == ["10.0.0.0/8", "::1/128"]
    assert f"{options.sunset['snapshots']:%Y-%m-%d}" == "2026-02-01"


def test_a_setting_that_is_found_wrong_at_the_start_is_named_too(tmp_path):
    """A certificate that can't be read is the file's key, and the exit code that of bad settings."""
    file = tmp_path / "shim.toml"
    file.write_text('listen = "127.0.0.1:0"\nadmin = "off"\ntls_cert = "/nosuch"\n')
    words = [sys.executable, "-m", "shim", "serve", "--config", str(file)]
    done = subprocess.run(words, env=clean_environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"Error: {file}: tls_cert: /nosuch" in done.stderr
