"""The manifests for Kubernetes, as they are written: valid, hardened, and true to the services they start."""

import copy
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml
from annotated_types import Le
from fastapi.routing import APIRoute

from attain_api.drain import LAST_WORDS_SECONDS
from attain_api.health.router import router as health
from attain_api.main import GRACE_SECONDS
from attain_api.settings import AdminSettings, ApiSettings
from attain_shared.settings import SECRETS_DIR, DatabaseSettings
from attain_worker.probe import BEAT_MAX_AGE, LOOP
from attain_worker.settings import WorkerSettings
from tests.support.stack import CHECKOUT

Object = dict[str, Any]

VERSIONS = ("1.30", kubernetes_validate.latest_version().rpartition(".")[0])
"""The oldest that docs/kubernetes.md promises, and the newest there is a schema of."""
FOLDER = CHECKOUT / "deploy" / "kubernetes"
KUSTOMIZATION: Object = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS: list[tuple[str, Object]] = [
    (path.name, found)
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for found in yaml.safe_load_all(path.read_text())
]
OBJECTS = [found for _, found in MANIFESTS]
NAMED = {(found["kind"], found["metadata"]["name"]): found for found in OBJECTS}
SETTINGS: dict[str, type[DatabaseSettings]] = {
    "attain-api": ApiSettings,
    "attain-worker": WorkerSettings,
    "attain-migrate": AdminSettings,
}
PODS: dict[str, Object] = {
    found["metadata"]["name"]: found["spec"]["template"] for found in OBJECTS if found["kind"] in {"Deployment", "Job"}
}
LASTING = [name for kind, name in NAMED if kind == "Deployment"]
COMPOSED: dict[str, Object] = yaml.safe_load((CHECKOUT / "deploy" / "compose.yaml").read_text())["services"]


def container(name: str) -> Object:
    (only,) = PODS[name]["spec"]["containers"]
    return dict(only)


def environment(name: str) -> dict[str, str]:
    """What a workload's process finds in its environment."""
    given: dict[str, str] = {}
    for source in container(name).get("envFrom", []):
        given |= NAMED["ConfigMap", source["configMapRef"]["name"]]["data"]
    for variable in container(name).get("env", []):
        if "value" in variable:
            given[variable["name"]] = variable["value"]
        else:
            place = variable["valueFrom"]["configMapKeyRef"]
            given[variable["name"]] = NAMED["ConfigMap", place["name"]]["data"][place["key"]]
    return given


def secret_files(name: str) -> dict[str, str]:
    """The files in the folder of secrets, each with the key of the secret `attain` that it comes from."""
    (mount,) = (mount for mount in container(name)["volumeMounts"] if mount["mountPath"] == str(SECRETS_DIR))
    (volume,) = (volume for volume in PODS[name]["spec"]["volumes"] if volume["name"] == mount["name"])
    assert volume["secret"]["secretName"] == "attain"
    return {item["path"]: item["key"] for item in volume["secret"]["items"]}


def ports(name: str) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container(name).get("ports", [])}


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector, as a policy or a deployment writes it, takes in what bears the labels."""
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        wanted["operator"] == "In" and labels.get(wanted["key"]) in wanted["values"]
        for wanted in selector.get("matchExpressions", [])
    )


def selected(selector: Object) -> set[str]:
    return {name for name, pod in PODS.items() if selects(selector, pod["metadata"]["labels"])}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("file", "found"), MANIFESTS, ids=[f"{file}-{found['kind']}" for file, found in MANIFESTS])
def test_a_manifest_is_what_kubernetes_takes_and_nothing_else(file: str, found: Object, version: str) -> None:
    assert kubernetes_validate.validate(found, version, strict=True) == version, file


def misspell_a_probe(pod: Object) -> None:
    pod["containers"][0]["readinesProbe"] = pod["containers"][0].pop("readinessProbe")


def misspell_the_user(pod: Object) -> None:
    pod["securityContext"]["runAsNonroot"] = pod["securityContext"].pop("runAsNonRoot")


def give_a_number_for_text(pod: Object) -> None:
    pod["containers"][0]["env"][0]["value"] = 9100


def indent_wrongly(pod: Object) -> None:
    pod["resources"] = {"limits": pod["containers"][0].pop("resources")}


@pytest.mark.parametrize("spoil", [misspell_a_probe, misspell_the_user, give_a_number_for_text, indent_wrongly])
def test_a_manifest_with_a_slip_is_refused(spoil: Callable[[Object], None]) -> None:
    broken = copy.deepcopy(NAMED["Deployment", "attain-api"])
    spoil(broken["spec"]["template"]["spec"])
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_the_kustomization_takes_in_everything_but_the_examples() -> None:
    files = {file for file, _ in MANIFESTS}
    assert {file for file in files if ".example." in file} == {"secret.example.yaml", "ingress.example.yaml"}
    assert set(KUSTOMIZATION["resources"]) == {file for file in files if ".example." not in file}
    (namespace,) = (name for kind, name in NAMED if kind == "Namespace")
    assert KUSTOMIZATION["namespace"] == namespace
    assert {found["metadata"].get("namespace", namespace) for found in OBJECTS} == {namespace}


def test_the_upgrade_applies_every_object_in_one_of_its_steps() -> None:
    components = {found["metadata"]["labels"]["app.kubernetes.io/component"] for found in OBJECTS}
    assert components == {"settings", "migrate", "worker", "api"}
    for name, pod in PODS.items():
        assert f"attain-{pod['metadata']['labels']['app.kubernetes.io/component']}" == name


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_bounded_and_without_rights(name: str) -> None:
    pod, only = PODS[name]["spec"], container(name)
    rights = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001}
    assert pod["securityContext"] == rights | {"seccompProfile": {"type": "RuntimeDefault"}}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    # or a service named attain would set ATTAIN_PORT to its address
    assert pod["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
    for volume in pod["volumes"]:
        assert set(volume) <= {"name", "emptyDir", "secret"}
        assert volume.get("emptyDir", {"sizeLimit": None}).keys() == {"sizeLimit"}
    assert set(only["resources"]["requests"]) == set(only["resources"]["limits"]) == {"cpu", "memory"}


def test_the_namespace_takes_no_pod_with_more_rights() -> None:
    assert NAMED["Namespace", "attain"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", PODS)
def test_an_image_is_that_of_this_release(name: str) -> None:
    service = "worker" if name == "attain-worker" else "api"
    project = tomllib.loads((CHECKOUT / "services" / service / "pyproject.toml").read_text())["project"]
    assert container(name)["image"] == f"attain-{service}:{project['version']}"


@pytest.mark.parametrize("name", PODS)
def test_a_workload_is_told_settings_that_it_has_and_all_that_it_needs(name: str) -> None:
    kind, given, files = SETTINGS[name], environment(name), secret_files(name)
    told = [*(variable.removeprefix("ATTAIN_").lower() for variable in given), *(file[7:] for file in files)]
    assert all(variable.startswith("ATTAIN_") for variable in given)
    assert all(file.startswith("attain_") for file in files)
    assert set(told) <= set(kind.model_fields)
    assert len(told) == len(set(told))
    values = dict(zip(told, [*given.values(), *("x" * 32 for _ in files)], strict=True))
    settings = kind(**values, _secrets_dir=None)  # type: ignore[arg-type]
    assert urlsplit(settings.database_url.get_secret_value()).password == "x" * 32


def test_secrets_are_files_of_one_secret_and_have_no_value_here() -> None:
    example = NAMED["Secret", "attain"]["stringData"]
    assert set(example.values()) == {""}
    assert set(example) == {key for name in PODS for key in secret_files(name).values()}
    for name in PODS:
        assert not any(secret in variable for variable in environment(name) for secret in ("PASSWORD", "SECRET", "KEY"))
        assert all(urlsplit(value).password is None for value in environment(name).values())
        assert all(file == key for file, key in secret_files(name).items())


@pytest.mark.parametrize("name", ["api", "worker"])
def test_ports_memory_and_patience_are_those_of_the_composed_deployment(name: str) -> None:
    composed, pod = COMPOSED[name], PODS[f"attain-{name}"]["spec"]
    default = composed["mem_limit"].partition(":-")[2].rstrip("}")
    assert container(f"attain-{name}")["resources"]["limits"]["memory"] == {"512m": "512Mi", "1g": "1Gi"}[default]
    assert f"{pod['terminationGracePeriodSeconds']}s" == composed["stop_grace_period"]
    given = environment(f"attain-{name}")
    for variable in ("ATTAIN_METRICS_PORT", "ATTAIN_METRICS_HOST"):
        assert given[variable] == str(composed["environment"][variable])
    assert ports(f"attain-{name}")["metrics"] == int(given["ATTAIN_METRICS_PORT"])


def test_the_api_listens_where_it_is_called() -> None:
    port = ports("attain-api")["http"]
    assert port == ApiSettings.model_fields["port"].default
    assert COMPOSED["api"]["ports"][0].endswith(f":{port}")
    assert f"\nEXPOSE {port}\n" in (CHECKOUT / "services" / "api" / "Dockerfile").read_text()


def test_the_probes_of_the_api_ask_what_it_answers() -> None:
    only, paths = container("attain-api"), {route.path for route in health.routes if isinstance(route, APIRoute)}
    asked = {name: only[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in asked.items()} == {
        "startup": "/livez",
        "liveness": "/livez",
        "readiness": "/readyz",
    }
    assert {probe["path"] for probe in asked.values()} <= paths
    assert {probe["port"] for probe in asked.values()} == {"http"}
    assert only["readinessProbe"]["timeoutSeconds"] > 2


def test_the_probes_of_the_worker_are_patient_with_a_database_that_is_away() -> None:
    only = container("attain-worker")
    ready, alive = only["readinessProbe"], only["livenessProbe"]
    command = ["python", "-m", "attain_worker.probe"]
    assert find_spec(command[-1]) is not None
    assert ready["exec"]["command"] == command
    assert alive["exec"]["command"] == [*command, LOOP], "the loop runs whatever is away"
    for probe in (ready, alive):
        assert probe["timeoutSeconds"] >= 5, "a second is too short for Python to start on a busy node"
    assert BEAT_MAX_AGE <= alive["periodSeconds"] * alive["failureThreshold"] <= 90, "one that hangs is soon replaced"
    assert "/tmp" in [mount["mountPath"] for mount in only["volumeMounts"]], "where the image keeps the heartbeat"
    assert "ATTAIN_HEARTBEAT_FILE=/tmp/" in (CHECKOUT / "services" / "worker" / "Dockerfile").read_text()


def test_nobody_is_killed_before_the_work_in_hand_may_take_its_time() -> None:
    bounds = [bound.le for bound in ApiSettings.model_fields["linger_seconds"].metadata if isinstance(bound, Le)]
    longest = max(bound for bound in bounds if isinstance(bound, int))
    grace = {name: PODS[name]["spec"]["terminationGracePeriodSeconds"] for name in LASTING}
    assert grace["attain-api"] > longest + LAST_WORDS_SECONDS + GRACE_SECONDS
    assert grace["attain-worker"] > WorkerSettings.model_fields["drain_seconds"].default
    ready = container("attain-api")["readinessProbe"]
    assert (
        float(environment("attain-api")["ATTAIN_LINGER_SECONDS"]) > ready["periodSeconds"] * ready["failureThreshold"]
    )


@pytest.mark.parametrize("name", LASTING)
def test_a_rollout_takes_nobody_away_before_another_is_there(name: str) -> None:
    spec = NAMED["Deployment", name]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert selected(spec["selector"]) == {name}
    budget = NAMED["PodDisruptionBudget", name]["spec"]
    assert budget["maxUnavailable"] == 1
    assert selected(budget["selector"]) == {name}
    for spread in spec["template"]["spec"]["topologySpreadConstraints"]:
        assert selected(spread["labelSelector"]) == {name}


def test_how_many_apis_there_are_is_the_autoscalers_to_say() -> None:
    scaler = NAMED["HorizontalPodAutoscaler", "attain-api"]["spec"]
    target = scaler["scaleTargetRef"]
    assert (target["kind"], target["name"]) in NAMED
    assert "replicas" not in NAMED["Deployment", "attain-api"]["spec"], "or each upgrade would take its pods away"
    assert scaler["minReplicas"] >= 2
    assert NAMED["Deployment", "attain-worker"]["spec"]["replicas"] >= 2
    assert "cpu" in container("attain-api")["resources"]["requests"], "what a share of it is taken from"


def test_services_lead_to_ports_that_are_there() -> None:
    for (kind, name), found in NAMED.items():
        if kind == "Service":
            (pod,) = selected({"matchLabels": found["spec"]["selector"]})
            assert name.startswith(pod)
            assert {port["targetPort"] for port in found["spec"]["ports"]} <= set(ports(pod))
    for name in LASTING:
        metrics = NAMED["Service", f"{name}-metrics"]["spec"]
        assert (metrics["clusterIP"], metrics["publishNotReadyAddresses"]) == ("None", True)
    paths = NAMED["Ingress", "attain"]["spec"]["rules"][0]["http"]["paths"]
    backend = paths[0]["backend"]["service"]
    assert backend["port"]["name"] in {port["name"] for port in NAMED["Service", backend["name"]]["spec"]["ports"]}


def allowed(direction: str, name: str) -> set[int]:
    """The ports that policies let a pod be reached at, or reach."""
    found: set[int] = set()
    for (kind, _), policy in NAMED.items():
        if kind == "NetworkPolicy" and name in selected(policy["spec"]["podSelector"]):
            for rule in policy["spec"].get(direction, []):
                assert rule["from" if direction == "ingress" else "to"], "an empty list would mean everybody"
                wanted = [port["port"] for port in rule["ports"]]
                found |= {ports(name)[port] if isinstance(port, str) else port for port in wanted}
    return found


def test_nobody_reaches_anything_but_what_a_policy_names() -> None:
    nobody = NAMED["NetworkPolicy", "attain-nobody"]["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    where = NAMED["ConfigMap", "attain-settings"]["data"]
    database, queue = (urlsplit(where[name]).port for name in ("ATTAIN_DATABASE_URL", "ATTAIN_REDIS_URL"))
    http, metrics = ports("attain-api")["http"], ports("attain-api")["metrics"]
    assert {name: allowed("ingress", name) for name in PODS} == {
        "attain-api": {http, metrics},
        "attain-worker": {metrics},
        "attain-migrate": set(),
    }
    assert {name: allowed("egress", name) for name in PODS} == {
        "attain-api": {53, database, queue},
        "attain-worker": {53, database, queue, 443},
        "attain-migrate": {53, database},
    }
