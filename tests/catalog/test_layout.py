import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.catalog import layout
from workers.errors import Corrupt

ODD = {"format": 1, "who": 'a "quoted"\n\x7f\u2028 김', "facts": {"a": [1, {"b": None}], "c": {}}, "list": [{"n": 1}, {"n": 2}], "none": []}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4),
    max_leaves=12,
)


def test_the_first_two_levels_have_one_member_per_line() -> None:
    assert layout.write(ODD).decode().split("\n")[:14] == [
        "{",
        '"format": 1,',
        r'"who": "a \"quoted\"\n' + "\x7f\u2028 김" + '",',
        '"facts": {',
        '"a": [1, {"b": null}],',
        '"c": {}',
        "},",
        '"list": [',
        '{"n": 1},',
        '{"n": 2}',
        "],",
        '"none": [],',
        '"digest": "' + hashlib.sha256(layout.write(ODD).rpartition(b'"digest"')[0]).hexdigest() + '",',
        '"signature": null',
    ]


def test_coreutils_alone_check_the_digest(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(layout.write(ODD))
    found = subprocess.run(["sh", "-c", "head -n -3 manifest.json | sha256sum"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.split()[0] == json.loads(layout.write(ODD))["digest"]


@given(st.dictionaries(st.text(st.characters(codec="utf-8")).filter(lambda name: name not in ("digest", "signature")), VALUES, max_size=5))
def test_what_was_written_is_read_and_proven(fields: dict[str, object]) -> None:
    data = layout.write(fields)
    found = layout.read(data)
    layout.prove(data, found)
    assert {name: found[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'"n": 1', b'"n": 1, "n": 1'),
        (b'"n": 1', b'"n":  1'),
        (b'"format": 1', b'"format": 01'),
        (b'"format": 1,\n', b'"format": 1,\n"format": 1,\n'),
        (b'"format": 1', b'"format": 1e400'),
        (b'"format": 1', b'"format": NaN'),
        (b'"format": 1', b'"format": ' + b"9" * 5000),
        (b"null\n}\n", b"null\n}"),
        (b'"signature": null', b'"signature": "mine"'),
        (b"\xea\xb9\x80", b"\\uae40"),
        (b"\xea\xb9\x80", b"\\ud800"),
        (b"\xea\xb9\x80", b"\xff"),
        (b'"none": []', b'"none": ' + b"[" * 100_000 + b"]" * 100_000),
        (b"{\n", b"\xef\xbb\xbf{\n"),
    ],
)
def test_another_way_to_write_it_is_corrupt(good: bytes, bad: bytes) -> None:
    data = layout.write(ODD).replace(good, bad, 1)
    assert data != layout.write(ODD)
    with pytest.raises(Corrupt):
        layout.prove(data, layout.read(data))


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="surrogatepass")))
def test_bytes_from_anywhere_are_corrupt(data: bytes) -> None:
    with pytest.raises(Corrupt):
        layout.prove(data, layout.read(data))


def test_more_bytes_than_any_manifest_has_are_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LIMIT", 100)
    with pytest.raises(Corrupt, match="more than 100 bytes"):
        layout.read(layout.write(ODD))
