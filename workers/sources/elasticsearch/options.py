"""What the settings say about one Elasticsearch cluster. Floor: tools."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workers.plans.values import Duration, Folder, Name

LEFT_OUT = 1000  # characters of an address that what `indices` leave out may take, for it goes with every request
SNAPSHOTS = "snapshots"  # the repository, below `folder`


class ElasticsearchOptions(BaseModel):
    """The table `[targets.<name>.elasticsearch]` of the settings; password and API key are secrets and stand elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Address of the cluster, for example `https://search1.internal:9200`.")
    user: str | None = Field(None, description="User that logs in with this target's secret as password; this or `api_key`.", min_length=1)
    api_key: bool = Field(
        False, description="Whether this target's secret is an API key, in the encoded form that Elasticsearch gives out."
    )
    nopass: bool = Field(False, description="Whether the cluster asks for no login at all (its security is off).")
    ca_file: Folder | None = Field(None, description="Who signed its certificate; left out: the authorities that the system trusts.")
    repository: Name = Field("canvasback", description="Name of the snapshot repository; nobody else may write to it.")
    folder: Folder = Field(
        description="A folder of Canvasback's own in the cluster's `path.repo`, as this host sees it: the repository lies in"
        f" `{SNAPSHOTS}` below it, restores are prepared beside that. A cluster of several nodes needs it shared by all of them. With"
        " `bucket`, any folder of this host, for a lock and notes.",
    )
    location: Folder | None = Field(None, description="The same folder as the cluster sees it, where that differs.")
    bucket: str | None = Field(
        None,
        description="A bucket in S3 that the cluster itself writes to: the repository lies there and not in `folder`, and backups in"
        " stores hold no more than the record of a snapshot in it. The cluster knows the login, this host needs none.",
        min_length=3,
    )
    base_path: str = Field("", description="Where in the bucket, for example `canvasback/search`; nothing else may be written there.")
    client: str = Field("default", description="The `s3.client.<name>` of the cluster's settings and keystore: endpoint and login.")
    storage_class: Literal["", "standard", "standard_ia", "onezone_ia", "intelligent_tiering", "reduced_redundancy"] = Field(
        "", description="Storage class of what the cluster puts into the bucket; left out: the cluster's own default."
    )
    integrity: bool = Field(
        True,
        description="Whether each backup in a bucket asks the cluster to look for every file that any snapshot there needs, by name and"
        " size (`_verify_integrity`, Elasticsearch 8.16 or later).",
    )
    indices: list[str] = Field(
        default_factory=lambda: ["*"],
        min_length=1,
        description="Indices, data streams and patterns that are backed up; `-name` leaves out.",
    )
    feature_states: list[str] = Field(default_factory=list, description="Feature states (system indices) that a backup holds besides.")
    keep: Duration = Field(
        timedelta(days=30), description="How long the cluster's own repository keeps a snapshot; backups in stores have their own."
    )
    aliases: Literal["own", "always", "never"] = Field(
        "own",
        description="Which aliases a restore brings back: those of indices that keep their names; `always`, so that an alias then"
        " stands for an index and its restored copy alike; or none.",
    )
    ignore_settings: list[str] = Field(
        default_factory=list, description="Index settings that a restore leaves at their defaults, for example `index.routing.*`."
    )

    @model_validator(mode="after")
    def _address(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("url is not http:// or https://, a host and a port")
        if parts.username or parts.password:
            raise ValueError("url holds a login; give `user`, and the password as this target's secret")
        if self.ca_file and parts.scheme != "https":
            raise ValueError("has a ca_file, and no TLS; write the url with https://")
        return self

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.bucket and self.location:
            raise ValueError("give a bucket or a location: with a bucket, the cluster needs no folder")
        if self.base_path and not self.bucket:
            raise ValueError("base_path is a place in a bucket; give the bucket, too")
        if self.base_path.strip("/") != self.base_path:
            raise ValueError("base_path begins or ends with /; leave that out")
        return self

    @model_validator(mode="after")
    def _little_left_out(self) -> Self:
        if sum(len(quote(name)) for name in self.indices if name.startswith("-")) > LEFT_OUT:
            raise ValueError(f"indices leave out (`-name`) more than {LEFT_OUT} characters; write patterns")
        return self

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if [self.user is not None, self.api_key, self.nopass].count(True) != 1:
            raise ValueError("give exactly one of user, api_key and nopass")
        return self

    @property
    def address(self) -> str:
        """Where the cluster is, for people."""
        return self.url.rstrip("/")

    @property
    def home(self) -> Path:
        """`folder` as the cluster sees it."""
        return self.location or self.folder

    @property
    def kind(self) -> Literal["fs", "s3"]:
        """The type of the repository, as Elasticsearch calls it."""
        return "s3" if self.bucket else "fs"

    @property
    def snapshots(self) -> Path:
        """The repository, as this host sees it."""
        return self.folder / SNAPSHOTS
