"""The manifests, by kustomize or by Helm, are valid, equal, and match the gateway that they start."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from shim.gateway.plan import read_options
from tests.deploy.conftest import DEPLOY, IMAGE, program

pytestmark = pytest.mark.slow  # third-party programs

CHART = DEPLOY / "helm" / "atlas-shim"
PARENT = """\
apiVersion: v1
kind: Pod
metadata: {name: program}
spec:
  initContainers:
    {{- include "atlas-shim.sidecar" (index .Subcharts "atlas-shim") | nindent 4 }}
  containers: [{name: program, image: program}]
  volumes:
    {{- include "atlas-shim.sidecarVolumes" (index .Subcharts "atlas-shim") | nindent 4 }}
"""


def kustomized(folder):
    """Return kustomize's resources for a folder, by kind."""
    done = subprocess.run(
        [program("kustomize"), "build", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return by_kind([done.stdout])


def rendered(folder=CHART, **values):
    """Return Helm's resources for a chart, by kind."""
    helm = pytest.importorskip("helm_python", reason="helm-python-sdk is not installed")
    return by_kind(
        helm.Chart.load(str(folder)).render(values, name="atlas-shim").values()
    )


def by_kind(texts):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found = [
        document for text in texts for document in yaml.safe_load_all(text) if document
    ]
    kinds = {document["kind"]: document for document in found}
    assert len(kinds) == len(found)
    return kinds


def valid(kinds):
    """Check every resource but the operator's against the schemas of Kubernetes, strictly."""
    validator = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed"
    )
    for kind, document in kinds.items():
        if kind != "PodMonitor":
            validator.validate(document, "1.29", strict=True)


@pytest.fixture
def parent(tmp_path):
    """Return a program's chart that has the gateway's chart as a dependency."""
    folder = tmp_path / "program"
    (folder / "templates").mkdir(parents=True)
    shutil.copytree(CHART, folder / "charts" / "atlas-shim")
    (folder / "Chart.yaml").write_text(
        "apiVersion: v2\nname: program\nversion: 1.0.0\n"
    )
    (folder / "templates" / "pod.yaml").write_text(PARENT)
    return folder


@pytest.fixture
def watched(tmp_path):
    """Return the shared gateway's folder as users of the Prometheus Operator have it."""
    folder = Path(shutil.copytree(DEPLOY / "kustomize", tmp_path / "kustomize"))
    file = folder / "shared" / "kustomization.yaml"
    file.write_text(
        re.sub(r"#components:.*\n#  -", "components:\n  -", file.read_text())
    )
    return folder / "shared"


def plain(kinds):
    """Leave out the labels that each tool adds."""

    def without(value):
        if isinstance(value, dict):
            return {
                key: without(one)
                for key, one in value.items()
                if not key.startswith(("app.kubernetes.io/", "helm.sh/"))
                and (key != "labels" or without(one))
            }
        if isinstance(value, list):
            return [without(one) for one in value]
        return value

    return without(kinds)


def settings_of(kinds):
    return read_options({}, file=tomllib.loads(kinds["ConfigMap"]["data"]["shim.toml"]))


def test_the_shared_gateway_is_valid(watched):
    """Kubernetes accepts the resources, ports and deadlines match the settings, and no container runs as root."""
    kinds = kustomized(watched)
    valid(kinds)
    assert set(kinds) == {
        "ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "PodMonitor", "Service", "ServiceAccount",
    }  # fmt: skip
    options = settings_of(kinds)
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert options.admin is not None
    ports = {"calls": options.listen.port, "admin": options.admin.port}
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == ports
    assert {
        container[probe]["httpGet"]["port"]
        for probe in container
        if probe.endswith("Probe")
    } == {"admin"}
    assert pod["terminationGracePeriodSeconds"] > options.drain + 10
    assert container["image"] == IMAGE
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]


def test_the_sidecar_is_valid():
    """It ends after the program's containers, and its probes run inside, since it listens on the pod's loopback."""
    kinds = kustomized(DEPLOY / "kustomize" / "sidecar")
    valid(kinds)
    pod = kinds["Job"]["spec"]["template"]["spec"]
    options = settings_of(kinds)
    (sidecar,), (beside,) = pod["initContainers"], pod["containers"]
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["image"] == IMAGE
    assert beside["env"][0]["value"] == f"http://{options.listen.authority}"
    assert pod["terminationGracePeriodSeconds"] > options.drain + 10
    assert all(
        "httpGet" not in sidecar[probe] for probe in sidecar if probe.endswith("Probe")
    )


def test_optional_mounts_may_be_missing():
    """A pod starts without mapping documents and secrets.

    Only the settings must exist.
    """
    for folder in ("shared", "sidecar"):
        kinds = kustomized(DEPLOY / "kustomize" / folder)
        volumes = (kinds.get("Deployment") or kinds["Job"])["spec"]["template"]["spec"][
            "volumes"
        ]
        needed = [
            one
            for one in volumes
            if not (one.get("configMap") or one["secret"]).get("optional")
        ]
        assert [one["configMap"]["name"] for one in needed] == [
            kinds["ConfigMap"]["metadata"]["name"]
        ]


def test_helm_and_kustomize_agree(watched):
    """A change to one must be made in the other."""
    assert plain(rendered(podMonitor={"enabled": True})) == plain(kustomized(watched))


def test_helm_and_kustomize_agree_on_the_sidecar(parent):
    """The sidecar is the same as a part of another chart."""
    theirs = rendered(parent, **{"atlas-shim": {"shared": False}})
    valid(theirs)
    ours = kustomized(DEPLOY / "kustomize" / "sidecar")
    assert set(theirs) == {"ConfigMap", "Pod"}
    assert theirs["ConfigMap"]["data"] == ours["ConfigMap"]["data"]
    pod = ours["Job"]["spec"]["template"]["spec"]
    assert theirs["Pod"]["spec"]["initContainers"] == pod["initContainers"]
    assert len(theirs["Pod"]["spec"]["volumes"]) == len(pod["volumes"])


def test_the_chart_passes_lint():
    """Helm's own lint finds nothing, and wrong values are refused before any resource is rendered."""
    helm = pytest.importorskip("helm_python", reason="helm-python-sdk is not installed")
    report = pytest.importorskip("helm_python.chart").lint(str(CHART), strict=True)
    assert not report["errors"]
    assert not [one for one in report["messages"] if one["severity"] > 1]
    assert IMAGE.endswith(f":{helm.Chart.load(str(CHART)).metadata['appVersion']}")
    with pytest.raises(helm.errors.HelmValuesError, match="replicsa"):
        helm.Chart.load(str(CHART)).validate_schema({"replicsa": 3})


def test_values_of_the_chart_take_effect():
    """Each value reaches the resource that it belongs to."""
    kinds = rendered(
        replicas=5,
        settings='listen = "0.0.0.0:8480"\n',
        secret="keys",
        mappings="mine",
        service={"port": 8080},
    )
    valid(kinds)
    assert kinds["Deployment"]["spec"]["replicas"] == 5
    assert settings_of(kinds).listen.host == "0.0.0.0"
    volumes = {
        one["name"]: one
        for one in kinds["Deployment"]["spec"]["template"]["spec"]["volumes"]
    }
    assert volumes["secrets"]["secret"]["secretName"] == "keys"
    assert volumes["mappings"]["configMap"]["name"] == "mine"
    assert kinds["Service"]["spec"]["ports"][0]["port"] == 8080
    assert "PodMonitor" not in kinds
    assert "NetworkPolicy" not in rendered(networkPolicy={"enabled": False})
    # Names match in any letter case; other rules than the chart's default replace it.
    proxy = {"to": [{"ipBlock": {"cidr": "10.0.0.7/32"}}], "ports": [{"port": 3128}]}
    other = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "billing"}}
    }
    kinds = rendered(networkPolicy={"egress": [proxy], "from": [other]})
    valid(kinds)
    assert kinds["NetworkPolicy"]["spec"]["ingress"][0]["from"] == [
        {"podSelector": {}},
        other,
    ]
    names, *others = kinds["NetworkPolicy"]["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert others == [proxy]


EXTRA = {
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}],
    "extraVolumes": [{"name": "roots", "configMap": {"name": "roots"}}],
    "extraVolumeMounts": [
        {"name": "roots", "mountPath": "/etc/roots", "readOnly": True}
    ],
}


def test_own_variables_and_volumes_are_added(parent):
    """Those of the operator come after those of the gateway and of the sidecar."""
    kinds = rendered(**EXTRA)
    theirs = rendered(parent, **{"atlas-shim": {"shared": False, **EXTRA}})
    valid(kinds)
    valid(theirs)
    for pod, place in (
        (kinds["Deployment"]["spec"]["template"]["spec"], "containers"),
        (theirs["Pod"]["spec"], "initContainers"),
    ):
        (container,) = pod[place]
        assert container["env"][-1:] == EXTRA["extraEnv"]
        assert container["volumeMounts"][-1:] == EXTRA["extraVolumeMounts"]
        assert pod["volumes"][-1:] == EXTRA["extraVolumes"]
        assert len(pod["volumes"]) == len(container["volumeMounts"]) == 4
