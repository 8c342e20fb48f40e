"""Typed settings from one TOML file and the environment over it, read once; every fault is told at once. Floor: words."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from workers.plans import Alerts, Host, Plan, Service, Store, Table, Target
from workers.plans.values import SCRATCH, Folder, Name, Size, TimeZone, did_you_mean, unknown
from workers.settings import document as documents
from workers.settings import kinds, references, secrets
from workers.settings.broker import Broker
from workers.settings.faults import Fault, explain, key_path, refuse, rows

SMALLEST_SPOOL = 8 << 20


class Spool(Table):
    """The folder on each host where segments wait for their next step."""

    path: Folder = Field(default=Path("/var/spool/canvasback"), description="The folder.", examples=["/var/spool/canvasback"])
    bytes: Size = Field(
        default="96MiB",
        validate_default=True,
        description="Most bytes in it, however large a database is; at least 8MiB.",
        examples=["96MiB"],
    )

    @field_validator("bytes")
    @classmethod
    def _fits_a_segment(cls, value: int) -> int:
        if value < SMALLEST_SPOOL:
            raise ValueError("should be at least 8MiB: the plain and the compressed form of a segment lie in it side by side")
        return value


class Settings(BaseSettings):
    """Everything that an operator decides."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    time_zone: TimeZone = Field(
        default="Asia/Seoul",
        validate_default=True,
        description="The zone of midnight and of every time that people read.",
        examples=["Asia/Seoul"],
    )
    secrets_dir: Folder = Field(default=secrets.FOLDER, description="Folder of the secrets' files.", examples=["/etc/canvasback/secrets"])
    spool: Spool = Field(default=Spool(), description="Where segments wait.")
    scratch_dir: Folder = Field(
        default=SCRATCH,
        description="Folder on each host in which scratch servers of databases live, and whole copies of servers, while something is"
        " backed up physically, verified, or restored; they listen on a socket in it, so its path should be short. It needs room for a"
        " database and its logs, where fulls are physical for all of the server.",
        examples=["/var/lib/canvasback"],
    )
    broker: Broker = Field(description="The Redis in the middle.")
    hosts: dict[Name, Host] = Field(default={}, description="Machines that run workers.")
    stores: dict[Name, Store] = Field(default={}, description="Places where backups are kept.")
    plans: dict[Name, Plan] = Field(default={}, description="How targets are protected.")
    targets: dict[Name, Target] = Field(default={}, description="What is protected.")
    services: dict[Name, Service] = Field(default={}, description="What comes back in which order.")
    alerts: Alerts = Field(default=Alerts(), description="Who is told.")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: object, **__: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: it lays the environment over the file before the drivers' own keys are judged."""
        return (init_settings,)

    def secret(self, name: str) -> SecretStr | None:
        """The secret of a key, for example `targets_community_mysql_password`; None where there is no file for it.

        Raises Refused, naming the file, where its mode is wider than 0600 or it is empty.
        """
        return secrets.read(self.secrets_dir, name)

    def broker_url(self) -> SecretStr:
        """The broker's address with user and password in it. TLS proves the server's certificate, which Celery wants to be told."""
        parts = urlsplit(self.broker.url)
        user, password = self.secret("broker_user"), self.secret("broker_password")
        login = ":".join(quote(part.get_secret_value() if part else "", safe="") for part in (user, password))
        query = parse_qs(parts.query) | {name: [value] for name, value in self.broker.tls().items()}
        netloc = f"{login}@{parts.netloc}" if user or password else parts.netloc
        return SecretStr(parts._replace(netloc=netloc, query=urlencode(query, doseq=True)).geturl())


def load(path: Path | None = None, *, host: str | None = None) -> Settings:
    """The settings of a file (default: the one that `CANVASBACK_CONFIG` names) with the environment over it.

    With `host`, the secrets that this host cannot do without must be there. Raises Refused with the list of all faults.
    """
    file = documents.named(path)
    document = documents.resolved(file, Settings)
    faults = [*documents.unknown_variables(Settings), *references.check(document), *secrets.check(document, host)]
    known = tuple(rows(document, "hosts"))
    if host is not None and host not in known:
        faults.append(Fault("hosts", unknown("host", host, known, "hosts")))
    settings = _validated(document, faults)
    if settings is None or faults:
        raise refuse(str(file), faults)
    return settings


def _validated(document: dict[str, object], faults: list[Fault]) -> Settings | None:
    """The document as settings; what is wrong with it is added to `faults`."""
    known = tuple(Settings.model_fields)
    split = kinds.split(document, known)
    faults += split.faults
    # A key such as `_env_file` would be an argument of BaseSettings itself, so unknown sections never reach it.
    faults += [Fault(key_path((key,)), f"unknown key{did_you_mean(key, known)}") for key in document if key not in known]
    sections: dict[str, Any] = {key: value for key, value in split.document.items() if key in known}
    try:
        return Settings(**sections)
    except ValidationError as error:
        faults += explain(error, Settings)
        return None
