"""Broker, Trigger, PingSource and Service objects, read from the YAML the cluster gets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from functions.local.broker import schemas
from functions.local.broker.durations import Duration
from functions.local.broker.objects import Broker, PingSource, Service, Trigger
from functions.local.broker.resolution import resolve
from functions.runtime.errors import LorekeeperError

_Object = Broker | Trigger | PingSource | Service
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml"})
_WORDS: dict[tuple[str, str], type[msgspec.Struct]] = {
    ("eventing.knative.dev/v1", "Broker"): schemas.BrokerManifest,
    ("eventing.knative.dev/v1", "Trigger"): schemas.TriggerManifest,
    ("sources.knative.dev/v1", "PingSource"): schemas.PingSourceManifest,
    ("serving.knative.dev/v1", "Service"): schemas.ServiceManifest,
}


class ManifestError(LorekeeperError):
    """A Knative manifest cannot be used. Correct the field it names."""

    code = "invalid_manifest"

    def __init__(self, file: str, *, field: str, reason: str) -> None:
        super().__init__(f"{file}: {field}: {reason}")
        self.file = file
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Manifests:
    """Everything that was read, in the order it was read."""

    brokers: tuple[Broker, ...]
    triggers: tuple[Trigger, ...]
    ping_sources: tuple[PingSource, ...]
    services: tuple[Service, ...]


def read_manifests(*paths: Path, namespace: str = "default") -> Manifests:
    """Read YAML files, and every YAML file below folders; other kinds are passed over.

    ``namespace`` is for objects that name none. Raises ManifestError with the file and the field.
    """
    objects: dict[tuple[type, str, str], _Object] = {}
    for path in _files(paths):
        for found in _read_file(path, namespace=namespace):
            key = (type(found), found.namespace, found.name)
            if key in objects:
                raise ManifestError(
                    str(path),
                    field=f"{type(found).__name__} {found.name} metadata.name",
                    reason=f"was read before in namespace {found.namespace}",
                )
            objects[key] = found
    return Manifests(
        brokers=tuple(found for found in objects.values() if isinstance(found, Broker)),
        triggers=tuple(found for found in objects.values() if isinstance(found, Trigger)),
        ping_sources=tuple(found for found in objects.values() if isinstance(found, PingSource)),
        services=tuple(found for found in objects.values() if isinstance(found, Service)),
    )


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = (file for pattern in ("*.yaml", "*.yml") for file in path.rglob(pattern))
        yield from sorted(file for file in found if file.name not in _KUSTOMIZATIONS)


def _read_file(path: Path, *, namespace: str) -> Iterator[_Object]:
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ManifestError(str(path), field="the file", reason=str(error)) from error
    for document in documents:
        word = None if document is None else _word(document, file=str(path))
        if word is not None:
            yield _object(document, word=word, file=str(path), namespace=namespace)


def _word(document: Any, *, file: str) -> type[msgspec.Struct] | None:
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        raise ManifestError(file, field="kind", reason="is missing")
    version, kind = str(document.get("apiVersion", "")), document["kind"]
    for known_version, known_kind in _WORDS:
        same_group = version.partition("/")[0] == known_version.partition("/")[0]
        if kind == known_kind and same_group and version != known_version:
            raise ManifestError(
                file, field=f"{kind} apiVersion", reason=f"{version} is not {known_version}"
            )
    return _WORDS.get((version, kind))


def _object(document: Any, *, word: type[msgspec.Struct], file: str, namespace: str) -> _Object:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    try:
        words = msgspec.convert(document, word, dec_hook=_decode)
        return resolve(words, namespace=metadata.get("namespace") or namespace)
    except ValueError as error:  # msgspec's own is one
        reason, _, path = str(error).partition(" - at `$")
        named = (document["kind"], str(metadata.get("name", "")), path.strip("`."))
        raise ManifestError(file, field=" ".join(filter(None, named)), reason=reason) from error


def _decode(kind: type, value: object) -> object:
    if kind is Duration:
        return Duration.parse(value)
    raise NotImplementedError
