"""What the examples in instrument/deploy say, as a shell would be told: deploy.py KIND FILE.

systemd: NAME=VALUE of each Environment=, then RuntimeDirectory=…, with specifiers filled in for a unit
lockdep-test.service. docker: NAME=VALUE of each ENV. kubernetes: NAME=VALUE of the program's env, after
checks that what the pod refers to is in it; with a second FILE, the config is written there.
"""
import re
import shlex
import sys


def specifiers(text):
    letters = {"%": "%", "N": "lockdep-test", "t": "/run"}
    return re.sub("%(.)", lambda found: letters[found.group(1)], text)


def systemd(path):
    for line in open(path):
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            words = shlex.split(value) if name == "Environment" else [name + "=" + value]
            for word in words:
                print(specifiers(word))


def docker(path):
    text = open(path).read()
    for found in re.finditer(r"^ENV (.*)$", text, re.M):
        for word in shlex.split(found.group(1)):
            print(word)
    stages = re.findall(r"^FROM \S+ AS (\S+)$", text, re.M)
    for stage in re.findall(r"--from=(\S+)", text):
        assert stage in stages, stage


def kubernetes(path, config=None):
    import yaml

    documents = {document["kind"]: document for document in yaml.safe_load_all(open(path))}
    pod, settings = documents["Pod"]["spec"], documents["ConfigMap"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    containers = {container["name"]: container for container in pod["initContainers"] + pod["containers"]}
    for container in containers.values():
        for mount in container["volumeMounts"]:
            assert mount["name"] in volumes, mount["name"]
    assert volumes["config"]["configMap"]["name"] == settings["metadata"]["name"]
    program = containers["memcached"]
    mounts = {mount["name"]: mount for mount in program["volumeMounts"]}
    environment = {entry["name"]: entry["value"] for entry in program["env"]}
    # What the init container brings is what is preloaded.
    init = containers["lockdep-lite-library"]
    assert init["command"][-1].rstrip("/") == mounts["library"]["mountPath"]
    assert environment["LD_PRELOAD"] == init["command"][-1] + init["command"][-2].rsplit("/", 1)[1]
    assert environment["LOCKDEP_LITE"] == "config=" + mounts["config"]["mountPath"] + "/lockdep-lite.conf"
    text = settings["data"]["lockdep-lite.conf"]
    assert "out = " + mounts["arenas"]["mountPath"] + "/" in text
    assert not mounts["arenas"].get("readOnly")
    for name, value in environment.items():
        print(name + "=" + value)
    if config:
        open(config, "w").write(text)


{"systemd": systemd, "docker": docker, "kubernetes": kubernetes}[sys.argv[1]](*sys.argv[2:])
