"""Opens the tools that the settings describe: ledger, stores, sources, transforms, spool and channels of this host."""

import os
from dataclasses import dataclass, field, replace
from functools import cached_property

from pydantic import SecretStr
from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from workers import alerts, sources, stores, transforms
from workers.catalog import index, presence
from workers.catalog.ledger import Ledger
from workers.errors import Failure, Refused, Transient
from workers.gentle import Tell, silent
from workers.plans import Plan, Target
from workers.plans.values import unknown
from workers.ports import Address, Channel, Finding, LogSource, RepositorySource, Source, Store, Transform
from workers.ports import Tell as Meter
from workers.settings import Settings
from workers.spool import sizes
from workers.spool.room import Room
from workers.stores.memory import Memory
from workers.stores.remembering import Heard, RememberingStore, unheard

# Some 15 minutes for a worker (as long as its publishing waits), half a minute for a person at the shell.
PATIENT, BRISK = 200, 8
MEMORY = ".manifests"  # a file in the spool; its bytes are beside those that segments may have


@dataclass
class Tools:
    """What a step may use. `patient` is set in workers: they ride out a broker that restarts. `heard`: of manifests that are read."""

    settings: Settings
    patient: bool = field(default=False)
    heard: Heard = field(default=unheard)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger in the broker's Redis."""
        return Ledger(self.redis)

    @cached_property
    def redis(self) -> Redis:
        """The broker's Redis, for what is no message of Celery's; answers are text."""
        retry = Retry(ExponentialWithJitterBackoff(cap=5, base=0.1), PATIENT if self.patient else BRISK)
        return Redis.from_url(
            self.settings.broker_url().get_secret_value(),
            decode_responses=True,
            retry=retry,
            retry_on_error=[RedisConnectionError, RedisTimeoutError],
            socket_timeout=60,
            socket_keepalive=True,
            health_check_interval=25,
        )

    @cached_property
    def room(self) -> Room:
        """The spool of this host."""
        return Room(self.settings.spool.path, self.settings.spool.bytes)

    @cached_property
    def memory(self) -> Memory:
        """What this host remembers of stores."""
        return Memory(self.settings.spool.path / MEMORY)

    def target(self, name: str) -> Target:
        """A target by name; Refused, with those that exist, where there is none."""
        if name not in self.settings.targets:
            raise Refused(unknown("target", name, tuple(self.settings.targets), "targets"))
        return self.settings.targets[name]

    def plan(self, target: str) -> Plan:
        """The plan of a target."""
        return self.settings.plans[self.target(target).plan]

    def source(self, target: str, tell: Tell | None = None, counted: Meter = lambda done: None) -> Source:
        """The driver of a target; it connects when it is first asked something. With `tell`, it reads as gently as the plan says.

        `counted` hears of bytes while a source with repositories of its own works.
        """
        row, plan = self.target(target), self.plan(target)
        secret = self.settings.secret(f"targets_{target}_{row.source}_password")
        gentle = plan.throttle.gentle(tell) if tell else None
        manner = sources.Manner(self.streams(target), gentle, self.settings.scratch_dir)
        source: Source = sources.open_source(row.source, row.options, secret, manner)
        return source.housed(self.addresses(target), counted) if isinstance(source, RepositorySource) else source

    def streams(self, target: str) -> int:
        """Connections that read a target at once: what its plan says, else half the cores that this process may use, if they find room.

        The other half compress, upload and verify: see decision 33.
        """
        usual = max(1, len(os.sched_getaffinity(0)) // 2)
        return self.plan(target).streams or min(usual, sizes.streams(self.settings.spool.bytes))

    def addresses(self, target: str) -> tuple[Address, ...]:
        """Where the repositories of a target lie: one in each required store, apart from the folder whose backups are listed.

        Each store is asked first whether it answers: its driver says in seconds what a program that goes there finds out in many minutes.
        """
        folder = f"repositories/{target}/{self.target(target).source}"
        return tuple(answering(self.store(name), folder) for name in self.plan(target).required)

    def findings(self, target: str) -> tuple[Finding, ...]:
        """What the target's host says about it: its source, and the room in the spool."""
        source, every = self.source(target, silent), self.plan(target).logs
        return (*source.check(), *(source.check_logs(every) if every and isinstance(source, LogSource) else ()))

    def store(self, name: str) -> Store:
        """A store by name; what may pass within seconds is tried again by it, and manifests that are as before are not read again."""
        return RememberingStore(stores.open_store(name, self.settings.stores[name], self.settings.secret), self.memory, self.heard)

    def stores_of(self, target: str) -> tuple[Store, ...]:
        """Every store that may hold backups of a target, in the order of its plan: required first."""
        plan = self.plan(target)
        return tuple(self.store(name) for name in dict.fromkeys((*plan.required, *plan.sync)))

    def encoders(self, target: str) -> tuple[Transform, ...]:
        """What a plain segment goes through on its way into a store."""
        plan = self.plan(target)
        return transforms.encoders(plan.compress.level, plan.recipients)

    def decoders(self, suffix: str) -> tuple[Transform, ...]:
        """What a stored segment with this suffix goes through on its way back; needs the identity where it is encrypted."""
        return transforms.decoders(suffix, self.identity)

    @property
    def identity(self) -> SecretStr | None:
        """The age identity that opens encrypted backups on this host, or None."""
        return self.settings.secret("age_identity")

    def channels(self, event: str) -> tuple[Channel, ...]:
        """The channels that want to hear of an event."""
        return alerts.open_channels(self.settings, event)

    def newest(self, target: str) -> index.Entry | None:
        """The newest good backup of a target in any store of its plan, or None."""
        found = self.backups(target).entries
        return found[0] if found else None

    def backups(self, target: str) -> index.Listing:
        """The backups of a target in the stores of its plan; those that the last look into its repositories missed are told apart."""
        return presence.seen(index.backups(self.stores_of(target), target))


def answering(store: Store, folder: str) -> Address:
    """The address of a folder in a store, with what takes an object away there, and what stands against using it now."""
    address = replace(store.address(folder), remove=lambda name: store.remove(f"{folder}/{name}"))
    try:
        store.free()
    except Failure as failure:
        return replace(address, fault=failure.reason, passing=isinstance(failure, Transient))
    return address
