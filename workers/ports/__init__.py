"""The sockets of the house: what a source, a store, a transform and a channel MUST do. Lowest floor.

Implementations raise only the errors of `workers.errors`; a vendor's exception never leaves its module.
Each socket has one contract suite in `tests/contracts` that every implementation passes.
"""

from workers.ports.channel import Channel, Field, Message
from workers.ports.indexed import Difference, Found, IndexedSource, NamedSource
from workers.ports.logs import LogSource, Past
from workers.ports.replay import Ground, Replaying, ReplaySource
from workers.ports.repository import Address, RepositorySource, Share, Tell
from workers.ports.source import Block, BuildsBeside, Dump, Finding, Meter, MeteredSource, Part, Place, Source, SweptSource, TableSource
from workers.ports.store import Properties, Stat, Store
from workers.ports.transform import Transform
from workers.ports.trial import Flaw, Look, Trial, TrialGround, TrialSource

__all__ = [
    "Address",
    "Block",
    "BuildsBeside",
    "Channel",
    "Difference",
    "Dump",
    "Field",
    "Finding",
    "Flaw",
    "Found",
    "Ground",
    "IndexedSource",
    "LogSource",
    "Look",
    "Message",
    "Meter",
    "MeteredSource",
    "NamedSource",
    "Part",
    "Past",
    "Place",
    "Properties",
    "ReplaySource",
    "Replaying",
    "RepositorySource",
    "Share",
    "Source",
    "Stat",
    "Store",
    "SweptSource",
    "TableSource",
    "Tell",
    "Transform",
    "Trial",
    "TrialGround",
    "TrialSource",
]
