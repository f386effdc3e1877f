"""Addresses of stores: which are taken, and that a refused one is never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedside.errors import InputError, PersistenceError
from bedside.persistence import PostgresCaseStore, StoreKey, is_postgres, store_address
from bedside.session.settings import load_settings

KEY = StoreKey.random()

URLS = [
    "postgresql://me@db.example/bedside",
    "postgresql://me@db.example:5433/bedside?sslmode=verify-full",
    "postgresql:///bedside?host=/run/postgresql",
    "postgresql://bedside@/x?host=/tmp/bedside-pg",
    "postgres://db.example",
    "postgresql://h1:5432,h2:5433/db?target_session_attrs=read-write",
    "postgresql://[::1]:5432/db",
    "postgresql://me@[fe80::1%25eth0]/db",
    "postgresql://me%40realm@db.example/x",
    "postgresql://%2Fvar%2Flib%2Fpg/dbname",
    "postgresql://db.example/x?options=-c%20search_path%3Dbedside",
]

WITH_A_PASSWORD = [
    "postgresql://me:hunter2@db.example/bedside",
    "postgresql://me:@db.example/bedside",
    "postgresql://db.example/bedside?password=hunter2",
    "postgresql://db.example/bedside?pass%77ord=hunter2",
    "postgresql://db.example/bedside?PASSWORD=hunter2",
    "postgresql://db.example/bedside?sslpassword=hunter2",
    "postgresql://me:hunter2@[db.example/bedside",
    # A letter that ends the password for whoever reads the address, and not for who wrote it.
    "postgresql://me:hunter2#more@db.example/x",
    "postgresql://me:hunter2?more@db.example/x",
    "postgresql://me:hunter2/more@db.example/x",
    "postgresql://me:hunter2 more@db.example/x",
    "postgresql://me:hunter2@more@db.example/x",
    "postgresql://me:12#hunter2",
    "postgresql://me:12/hunter2@db.example/x",
    "postgresql://me:12?hunter2=x@db.example/x",
    "postgresql://me:12?hunter2=x",
    "postgresql://me%3Ahunter2@db.example/x",
    "postgresql://me@db.example/x#hunter2",
    "postgresql://db.example/x?host=me:hunter2@db.example",
    "postgresql://db.example/x?user=me%23hunter2",
    "postgresql://db.example/x?user=me:hunter2",
    # Of another form: a folder of that name would be made.
    "postgresql+psycopg://me:hunter2@db.example/x",
    "POSTGRESQL://me:hunter2@db.example/x",
    " postgresql://me:hunter2@db.example/x",
    "postgresql:me:hunter2@db.example/x",
    "postgresql:/me:hunter2@db.example/x",
    "jdbc:postgresql://db.example/x?password=hunter2",
    "mysql://me:hunter2@db.example/x",
    "host=db.example password=hunter2",
    "password = 'hunter2' host=db.example",
    "me:hunter2@db.example/x",
    "postgresql//me:hunter2@db.example/x",
    "//me:hunter2@db.example/x",
    "DSN=postgresql://me:hunter2@db.example",
    "'postgresql://me:hunter2@db.example/x'",
    "postgresql://db.example/x?sslmode=require;password=hunter2",
    "psql -h db.example password=hunter2",
]

FOLDERS = [
    "cases",
    "/srv/cases",
    "./a=b",
    "my cases/of may",
    "~/x@y",
    "a.b/c:d",
    "C:/cases",
    "C:\\cases",
    "../host",
]


@pytest.mark.parametrize("url", URLS)
def test_an_address_of_the_form_is_taken(url: str) -> None:
    assert is_postgres(url)
    assert store_address(url) == url


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_a_folder(folder: str) -> None:
    assert store_address(folder) == Path(folder)


@pytest.mark.parametrize("address", WITH_A_PASSWORD)
def test_guarantee_an_address_that_may_hold_a_password_is_refused_and_not_repeated(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    with pytest.raises(PersistenceError) as raised:
        store_address(address)
    said.append(str(raised.value))
    if is_postgres(address):
        with pytest.raises(PersistenceError) as raised:
            PostgresCaseStore(address, KEY)
        said.append(str(raised.value))
    (tmp_path / "b.toml").write_text(f'store = "{address}"\n')
    ways: list[tuple[dict[str, object], dict[str, str], Path | None]] = [
        ({"store": address}, {}, None),
        ({}, {"BEDSIDE_STORE": address}, None),
        ({}, {}, tmp_path / "b.toml"),
    ]
    for way in ways:
        with pytest.raises(InputError) as wrong:
            load_settings(*way)
        said.append(str(wrong.value))
    assert "hunter2" not in "".join(said)
    assert [one.name for one in tmp_path.iterdir()] == ["b.toml"]
