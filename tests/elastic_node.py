"""The run's Elasticsearch: a real node, out of the archive that its makers use for their own tests (Apache-licensed parts and the free licence's; from Maven Central).

`python -m tests.elastic_node` fetches the archive, as `make test` does. The first test that needs the node starts it, in a process that watches over the run
and ends the node with it, however the run ends. BAILEE_TEST_ELASTICSEARCH_URL names another node.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from tests import scratch

ROOT = Path(__file__).parent.parent
GIVEN, RUN = "BAILEE_TEST_ELASTICSEARCH_URL", "BAILEE_TEST_ELASTIC_FOLDER"
VERSION = "9.1.0"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
SHA256 = "be5c5440bb6344cee4070f8f77a6c3cd72363db494944047cdd93748c4e19111"
COPIER = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
ARCHIVE = ROOT / ".venv" / "elasticsearch.zip"
NEWEST_TOO_OLD = 20  # of Java
START_SECONDS, STOP_SECONDS, FETCH_SECONDS = 240, 20, 300
_watchers: list[subprocess.Popen[bytes]] = []
SETTINGS = """
discovery.type: single-node
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
"""


def why_not() -> str | None:
    """Why there is no real node here; None where there is one, or can be."""
    if GIVEN in os.environ:
        return None
    if not ARCHIVE.exists():
        return f"NO REAL ELASTICSEARCH: {ARTIFACT} is not here; `make test` fetches it by mvn where Maven Central can be reached"
    return (
        None
        if java_home()
        else "NO REAL ELASTICSEARCH: it needs a JDK of 21 or newer, and neither JAVA_HOME nor /usr/lib/jvm has one"
    )


def prepare() -> None:
    """Called where the run begins: the folder in which whoever needs the node first leaves its address."""
    if GIVEN not in os.environ and RUN not in os.environ:
        os.environ[RUN] = str(scratch.new_folder())


def address() -> str:
    """The node's address; started now where nobody has asked yet."""
    if given := os.environ.get(GIVEN):
        return given
    folder = Path(os.environ[RUN])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "address").exists():
            _start(folder)
    return (folder / "address").read_text()


def stop() -> None:
    """The run is over."""
    if folder := os.environ.pop(RUN, None):
        pid = Path(folder, "watcher")
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def java_home() -> Path | None:
    """A JDK that the node runs on."""
    on_path = shutil.which("java")
    places = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if name in os.environ]
    places += [Path(on_path).resolve().parents[1]] if on_path else []
    places += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    return next((one for one in places if _java_version(one) > NEWEST_TOO_OLD), None)


def fetch() -> str:
    """Bring the archive here by Maven; returns what became of it. Where it cannot be had the tests on a real node are skipped, and say so."""
    if ARCHIVE.exists() or GIVEN in os.environ:
        return "Elasticsearch is at hand."
    if not (mvn := shutil.which("mvn")):
        return "No real Elasticsearch for the tests: mvn is not installed."
    with scratch.folder() as into:
        own = f"-Dmaven.repo.local={into / 'repository'}"  # an account may have no home to keep one in
        asked = [mvn, "-q", "-B", own, COPIER, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={into}"]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return "No real Elasticsearch for the tests: Maven Central did not answer in time."
        found = next(into.glob("*.zip"), None)
        if found is None:
            return f"No real Elasticsearch for the tests: Maven brought none.\n{done.stdout[-800:]}"
        if hashlib.sha256(found.read_bytes()).hexdigest() != SHA256:
            return "No real Elasticsearch for the tests: the archive is not the one whose hash is written here."
        shutil.copyfile(found, ARCHIVE.with_suffix(".part"))
        ARCHIVE.with_suffix(".part").rename(ARCHIVE)
    return f"Elasticsearch {VERSION} for the tests was fetched."


def _java_version(home: Path) -> int:
    release = home / "release"
    lines = release.read_text().splitlines() if release.exists() else []
    told = next((line.split('"')[1] for line in lines if line.startswith("JAVA_VERSION=")), "0")
    return int(told.split(".")[0])


def _start(folder: Path) -> None:
    """Begin a watcher with its node, and wait until the node answers."""
    owner = folder.name.removeprefix(scratch.PREFIX).partition("-")[0]
    with (folder / "log").open("w") as log:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "tests.elastic_node", str(folder), owner], cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    _watchers.append(watcher)
    (folder / "watcher").write_text(str(watcher.pid))
    patience = time.monotonic() + START_SECONDS
    while not (folder / "ready").exists():
        waiting = watcher.poll() is None and time.monotonic() < patience
        assert waiting, (folder / "log").read_text()[-3000:]
        time.sleep(0.1)
    (folder / "address").write_text((folder / "ready").read_text())


def _watch(folder: Path, owner: int) -> None:
    """Run the node until the run ends or is gone. As root it runs as nobody: it refuses to be root."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    home = _unpacked(folder)
    http, transport = _free_port(), _free_port()
    (home / "config" / "elasticsearch.yml").write_text(SETTINGS.format(http=http, transport=transport))
    root = os.geteuid() == 0
    if root:
        for place in (folder, *folder.rglob("*")):
            shutil.chown(place, "nobody")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "ES_JAVA_HOME": str(java_home()), "ES_JAVA_OPTS": "-Xms384m -Xmx384m"}  # fmt: skip
    node = subprocess.Popen([home / "bin" / "elasticsearch"], env=environment, stdin=subprocess.DEVNULL, user="nobody" if root else None)  # fmt: skip
    url = f"http://127.0.0.1:{http}"
    try:
        while node.poll() is None and Path("/proc", str(owner)).exists():
            if not (folder / "ready").exists() and _answers(url):
                (folder / "ready").write_text(url)
            time.sleep(0.5)
    finally:
        node.terminate()
        try:
            node.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            node.kill()


def _unpacked(folder: Path) -> Path:
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    home = folder / f"elasticsearch-{VERSION}"
    for tool in (home / "bin").iterdir():
        tool.chmod(0o755)
    return home


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_cluster/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _watch(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        print(fetch())
