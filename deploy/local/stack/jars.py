"""Fetches the jars that a lock file names, and verifies them. Runs in the environment that has jgo."""

import hashlib
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import truststore  # pants: no-infer-dep
from jgo.maven import MavenContext  # pants: no-infer-dep

_TIMEOUT_SECONDS = 60
_ATTEMPTS = 3


@dataclass(frozen=True)
class Jar:
    """A jar of a Maven repository, and the SHA-256 that it must have."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


class WrongHash(Exception):
    """A jar is not the one that the lock file means."""


def read_lock(text: str) -> list[Jar]:
    """Lines of ``group:artifact:version sha256:…``."""
    jars = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            coordinates, digest = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, digest.removeprefix("sha256:")))
    return jars


def fetch(jar: Jar, maven: MavenContext, folder: Path) -> None:
    """Puts a jar into `folder`.

    Raises:
        WrongHash: what came is not what the lock file says.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            fetched = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
            break
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
            if attempt == _ATTEMPTS:
                raise
            print(f"{jar.name}: {error}; trying again", flush=True)  # noqa: T201
    found = hashlib.sha256(fetched.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise WrongHash(f"{jar.name} has SHA-256 {found}, but kafka.lock says {jar.sha256}")
    shutil.copyfile(fetched, folder / jar.name)


def main(lock: Path, folder: Path) -> None:
    truststore.inject_into_ssl()  # the machine's own authorities, as its other programs use them
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(8) as pool:
        maven = MavenContext(repo_cache=Path(scratch), local_repos=[], timeout=_TIMEOUT_SECONDS)
        list(pool.map(lambda jar: fetch(jar, maven, folder), read_lock(lock.read_text("utf-8"))))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except (OSError, RuntimeError, WrongHash) as error:
        sys.exit(f"cannot fetch Kafka's jars: {error}")
