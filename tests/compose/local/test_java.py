"""Java: a fitting version is found wherever it is, and an archive that is not what was expected is not used."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from compose.local import java
from compose.local.java import Archive, NoJava

ARCHIVE = Archive("org.example", "thing", "1.0", "0" * 64)


def made(place: Path, version: str) -> Path:
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "java").touch()
    (place / "release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n')
    return place


@pytest.fixture(autouse=True)
def nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java but that of the test, and nobody who could install one."""
    monkeypatch.setattr(java, "JDKS", folder / "jvm")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "")
    for name in ("ES_JAVA_HOME", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_one_that_is_named_is_taken_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(folder / "jvm" / "a", "17.0.1")
    monkeypatch.setenv("ES_JAVA_HOME", str(made(folder / "own", "21.0.2")))
    assert java.home() == folder / "own"


def test_one_that_does_not_fit_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(made(folder / "own", "11.0.2")))
    made(folder / "jvm" / "a", "25.0.1")
    made(folder / "jvm" / "b", "17.0.1")
    assert java.home() == folder / "jvm" / "b"


def test_without_any_the_way_out_is_named() -> None:
    with pytest.raises(NoJava, match="package openjdk-17-jre-headless on Debian"):
        java.home()


def test_an_archive_of_another_content_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*argv: str) -> None:
        local = next(word for word in argv if word.startswith("-Dmaven.repo.local=")).partition("=")[2]
        (Path(local) / "thing-1.0.zip").write_bytes(b"another")

    monkeypatch.setattr("shutil.which", lambda program: program)
    monkeypatch.setattr(java, "_run", run)
    with pytest.raises(NoJava, match="it is not used"):
        java.unpacked(ARCHIVE, folder / "place")
    assert not (folder / "place").exists()


def test_a_program_that_fails_is_told_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", lambda argv, **_: CompletedProcess(argv, 1, "", "no route to host"))
    with pytest.raises(NoJava, match="mvn -q … failed: no route to host"):
        java._run("mvn", "-q")
