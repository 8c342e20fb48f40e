"""What the settings say about each kind of store, beside what all stores share. Floor: tools."""

from pydantic import Field

from workers.plans import Table
from workers.plans.values import Folder


class LocalOptions(Table):
    """A folder: a disk of the host, or a share that every host mounts at the same place."""

    path: Folder = Field(description="Folder that holds the backups; it must exist on every host.", examples=["/mnt/nas/canvasback"])
