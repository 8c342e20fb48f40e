"""What a run needs, as typed tables of the settings: hosts, stores, plans, targets, services. Floor: words.

Every option is described here, where it is declared; the reference page is made from it.
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, field_validator, model_validator

from workers.command import BEST_EFFORT, IDLE, Manners
from workers.gentle import Ceiling, Gentle, Tell
from workers.plans.values import Duration, Name, Recipient, Size

HostRole = Literal["database", "files", "search", "control"]
Priority = Literal["P0", "P1", "P2", "P3"]
Event = Literal["success", "failure", "outdated", "drill"]

SLOWEST = 1 << 20  # bytes a second: with 60 processes, each is still read from within the 60 s after which MariaDB's server hangs up


class Table(BaseModel):
    """A table of the settings: frozen, without unknown keys, and its faults never show what was typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Host(Table):
    """A machine that runs workers."""

    role: HostRole = Field(description="What the machine is for; `control` plans, alerts and keeps the clock.", examples=["database"])
    slots: int | None = Field(
        default=None,
        ge=1,
        le=512,
        description="Processes that work on segments; left out: one for each core of the host.",
        examples=[8],
    )


class Store(Table):
    """A place where backups are kept.

    `options` is no key of the file: it holds the keys of the kind, which stand beside these.
    """

    kind: Name = Field(description="The driver of the store.", examples=["local"])
    medium: Literal["disk", "object", "tape"] = Field(
        default="disk", description="What it is kept on; 3-2-1 asks for two kinds.", examples=["disk"]
    )
    off_site: bool = Field(default=False, description="Whether it lies outside the site; 3-2-1 asks for one that does.", examples=[True])
    options: SerializeAsAny[BaseModel] = Field(repr=False)


class Compress(Table):
    """How segments are compressed."""

    level: int = Field(
        default=3,
        ge=1,
        le=19,
        description="Highest level of zstd: smaller, slower; 1 where it gains little.",
        examples=[3],
    )


class Retention(Table):
    """Which backups are kept; one that any rule keeps stays."""

    within: Duration | None = Field(default=None, description="Keep everything younger than this.", examples=["30d"])
    daily: int = Field(default=0, ge=0, description="Keep the newest of each of so many days.", examples=[7])
    weekly: int = Field(default=0, ge=0, description="Keep the newest of each of so many weeks.", examples=[8])
    monthly: int = Field(default=0, ge=0, description="Keep the newest of each of so many months.", examples=[12])
    yearly: int = Field(default=0, ge=0, description="Keep the newest of each of so many years.", examples=[3])

    @model_validator(mode="after")
    def _keeps_something(self) -> Self:
        if not (self.within or self.daily or self.weekly or self.monthly or self.yearly):
            raise ValueError("keeps nothing; give within, daily, weekly, monthly or yearly, or leave retention out to keep everything")
        return self


class Objectives(Table):
    """What is promised; it is measured, shown, and alerted when missed."""

    rpo: Duration | None = Field(default=None, description="Recovery point objective: most data that may be lost.", examples=["1h"])
    rto: Duration | None = Field(default=None, description="Recovery time objective: time to be back.", examples=["1h"])


class Load(Table):
    """How busy a server may be."""

    counter: str = Field(
        default="Threads_running",
        pattern="^[A-Za-z][A-Za-z0-9_]{0,63}$",
        description="What tells how busy the server is: a number in its `SHOW GLOBAL STATUS`. The dump's own connections count in it.",
        examples=["Threads_running"],
    )
    most: int = Field(ge=1, description="The most at which something new is begun.", examples=[40])
    wait: Duration = Field(
        default="10m",
        validate_default=True,
        description="How long a dump waits before its snapshot; then it fails, and has read nothing.",
        examples=["10m"],
    )


class Throttle(Table):
    """How gently a target is read. Restores are never held back."""

    rate: Size | None = Field(
        default=None, description="Most bytes a second, over all streams of a dump; at least 1MiB.", examples=["20MiB"]
    )
    nice: int = Field(default=0, ge=0, le=19, description="Least niceness of the programs that read.", examples=[10])
    ionice: str | None = Field(
        default=None,
        pattern="^(idle|best-effort(:[0-7])?)$",
        description="Disk access of the programs that read: `idle`, or `best-effort:` and 0 to 7, the last; on x86-64 and ARM64.",
        examples=["best-effort:7"],
    )
    load: Load | None = Field(default=None, description="Wait while the server is busy; left out: never.")

    @field_validator("rate")
    @classmethod
    def _moves(cls, value: int | None) -> int | None:
        if value is not None and value < SLOWEST:
            raise ValueError("should be at least 1MiB a second: of what is read more slowly, the server ends the connections")
        return value

    @property
    def manners(self) -> Manners:
        """What the programs of a dump are told."""
        kind, _, level = (self.ionice or "").partition(":")
        io = {"idle": (IDLE, 0), "best-effort": (BEST_EFFORT, int(level or 4))}.get(kind)
        return Manners(self.nice, io)

    def gentle(self, tell: Tell) -> Gentle:
        """What a source is told."""
        load = self.load
        return Gentle(self.manners, Ceiling(load.counter, load.most, load.wait.total_seconds()) if load else None, tell)


class Plan(Table):
    """How a target is protected."""

    required: tuple[str, ...] = Field(
        min_length=1, description="Stores in all of which a backup must lie, proven, to succeed.", examples=[["nas"]]
    )
    sync: tuple[str, ...] = Field(default=(), description="Stores that it is copied to right after.", examples=[["s3"]])
    compress: Compress = Field(default=Compress(), description="How segments are compressed.")
    recipients: tuple[Recipient, ...] = Field(
        default=(),
        description="Who can open the backups; none: they are not encrypted.",
        examples=[["age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"]],
    )
    verify: Literal["read", "head"] | None = Field(
        default=None,
        description="Prove a copy by reading it back, or by asking for its size and SHA-256 where the store checked them;"
        " left out: `head` where the storage class charges for reading, else `read`.",
        examples=["read"],
    )
    retention: Retention | None = Field(default=None, description="Which backups are kept; left out: all of them.")
    objectives: Objectives = Field(default=Objectives(), description="What is promised.")
    priority: Priority = Field(default="P2", description="Order of recovery; P0 comes first.", examples=["P0"])
    deadline: Duration = Field(default="12h", validate_default=True, description="Longest time a run may take.", examples=["12h"])
    logs: Duration | None = Field(
        default=None,
        description="How often the binary logs of a database's server are shipped, so that any moment can be restored;"
        " left out: never. It is also what makes the incremental and differential backups of a database.",
        examples=["5m"],
    )
    streams: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Connections that read one target at once, where its source reads over several;"
        " left out: half as many as its host has cores, at least one, as far as the spool has room for their segments.",
        examples=[4],
    )
    throttle: Throttle = Field(default=Throttle(), description="How gently a target is read.")


class Target(Table):
    """One thing that is protected.

    `options` is no key of the file: it holds the table named like the source.
    """

    source: Name = Field(description="The driver that reads and writes it.", examples=["mysql"])
    host: str = Field(description="The host that it lives on.", examples=["db1"])
    plan: str = Field(description="The plan that protects it.", examples=["database"])
    sensitive: bool = Field(
        default=False,
        description="It holds secrets: refused where its plan has no recipients, so that no store can read it.",
        examples=[True],
    )
    options: SerializeAsAny[BaseModel] = Field(repr=False)


class Check(Table):
    """One question that a service must answer rightly after a recovery."""

    sql: str | None = Field(default=None, description="A query that gives one number.", examples=["SELECT COUNT(*) FROM users"])
    at_least: int | None = Field(default=None, description="The smallest right number.", examples=[1])
    url: str | None = Field(
        default=None, pattern="^https?://", description="An address to ask.", examples=["https://api.example.org/health"]
    )
    status: int | None = Field(default=None, ge=100, le=599, description="The right HTTP status.", examples=[200])

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        asked = {key for key in ("sql", "at_least", "url", "status") if getattr(self, key) is not None}
        if asked not in ({"sql", "at_least"}, {"url", "status"}):
            raise ValueError("give sql with at_least, or url with status")
        return self


class Service(Table):
    """What the platform's users know, in the order in which it comes back."""

    priority: Priority = Field(description="Order of recovery; P0 comes first.", examples=["P0"])
    rto: Duration = Field(description="Recovery time objective of the service.", examples=["1h"])
    targets: tuple[str, ...] = Field(default=(), description="Targets that it is made of.", examples=[["community"]])
    needs: tuple[str, ...] = Field(default=(), description="Services that must be back before it.", examples=[["database"]])
    checks: tuple[Check, ...] = Field(default=(), description="What proves that it is back.")


class Slack(Table):
    """Messages to one Slack channel; the webhook is the secret `alerts_slack_webhook`."""

    events: tuple[Event, ...] = Field(
        default=("success", "failure", "outdated", "drill"), min_length=1, description="What is told.", examples=[["failure", "outdated"]]
    )


class Alerts(Table):
    """Who is told."""

    slack: Slack | None = Field(default=None, description="Tell a Slack channel.")
