"""The ledger: what every run did, in the broker's Redis under its own prefix. The manifests stay the truth.

A run is `open` until exactly one caller closes it as `done`, `failed` or `refused`; only that caller gets True,
so a run has one ending and one alert. Locks are plain keys whose value is the run's id: they never expire,
and are freed in the same script that closes the run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from redis import Redis

from workers.artifact import Run, decode, encode
from workers.errors import Refused, RunFailed

State: TypeAlias = Literal["open", "done", "failed", "refused", "cancelled"]

SERVER = "server"  # the note that says how far a server is that works by itself: `<bytes done>/<bytes there will be>`
WAITING = "waiting"  # the note that says what an open run waits for; empty where it waits for nothing
KEEP = 90 * 86400  # seconds a run stays readable after it was opened
STEPS = 2000  # newest step records kept per run; counters are kept for all of them

# KEYS: run, index, untold, locks…   ARGV: id, run as JSON, time, seconds to keep.   Returns the holder of a taken lock, or ''.
_OPEN = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 'known' end
redis.call('HSET', KEYS[1], 'run', ARGV[2], 'state', 'open', 'locks', cjson.encode({unpack(KEYS, 4)}))
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
for i = 4, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  if holder then return 'held:' .. holder end
end
for i = 4, #KEYS do redis.call('SET', KEYS[i], ARGV[1]) end
return ''
"""

# KEYS: run.   Returns its state and its reason; a sign of life where it is open.
_PULSE = """
local found = redis.call('HMGET', KEYS[1], 'state', 'reason')
if found[1] == 'open' then redis.call('HINCRBY', KEYS[1], 'signs', 1) end
return found
"""

# KEYS: run.   ARGV: id, state, time.   Returns 1 for the one caller that closed it.
_CLOSE = """
if redis.call('HGET', KEYS[1], 'state') ~= 'open' then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'closed', ARGV[3])
for _, lock in ipairs(cjson.decode(redis.call('HGET', KEYS[1], 'locks'))) do
  if redis.call('GET', lock) == ARGV[1] then redis.call('DEL', lock) end
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run failed: the step, its segment (None for the whole), and one sentence."""

    step: str
    reason: str
    segment: int | None = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One execution of one step: its segment, how long it took in seconds, and how it ended (`ok`, `retry` or the reason)."""

    step: str
    host: str
    seconds: float
    outcome: str
    segment: int | None = None
    at: datetime | None = None
    rank: int = 0  # its place in the way of a segment, from 1 to 7; 0 for what is no part of that way


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as the ledger knows it. `counters` are sums over all steps (`dumped.bytes`, `verify.count`, `verify.seconds` …)."""

    run: Run
    state: State
    counters: tuple[tuple[str, float], ...] = ()
    closed: datetime | None = None
    reason: Reason | None = None
    alert: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    signs: int = 0  # how often one of its steps gave a sign of life; it never shrinks

    def counter(self, name: str) -> float:
        """The value of a counter, 0 where nothing was counted."""
        return dict(self.counters).get(name, 0.0)

    def note(self, name: str) -> str | None:
        """The text noted under `name`, or None."""
        return dict(self.notes).get(name)


class Ledger:
    """Reads and writes runs. `prefix` keeps its keys apart from Celery's."""

    def __init__(self, redis: "Redis", prefix: str = "canvasback:ledger:") -> None:
        """`redis` MUST decode responses."""
        self._redis: Any = redis
        self._prefix = prefix
        self._open_script = self._redis.register_script(_OPEN)
        self._close_script = self._redis.register_script(_CLOSE)
        self._pulse_script = self._redis.register_script(_PULSE)

    def _key(self, run: str) -> str:
        return f"{self._prefix}run:{run}"

    def open(self, run: Run, *locks: str) -> bool:
        """Record a run and take its locks, all or none. False where the run is known already (the message came twice).

        Raises Refused, naming the run that holds it, where a lock is taken; the run is recorded all the same and has to be closed.
        """
        locked = (f"{self._prefix}lock:{name}" for name in locks)
        keys = [self._key(run.id), f"{self._prefix}runs", f"{self._prefix}untold", *locked]
        answer = self._open_script(keys=keys, args=[run.id, json.dumps(encode(run)), run.opened.timestamp(), KEEP])
        if answer.startswith("held:"):
            raise Refused(f"run {answer[5:]} of {run.target} is still going; why({answer[5:]!r}) tells what it does")
        return bool(answer != "known")

    def close(self, run: str, state: State) -> bool:
        """End a run and free its locks; True for the one caller that did."""
        return bool(self._close_script(keys=[self._key(run)], args=[run, state, datetime.now(UTC).isoformat()]))

    def turn(self, run: Run) -> None:
        """Record what an open run has turned into: a backup of another kind, or a restore of what its patterns stand for."""
        self._redis.hset(self._key(run.id), "run", json.dumps(encode(run)))

    def claim(self, run: str, name: str) -> bool:
        """True for the first caller that claims `name` in this run, for ever."""
        return bool(self._redis.hsetnx(self._key(run), f"claim:{name}", datetime.now(UTC).isoformat()))

    def fail(self, run: str, reason: Reason) -> None:
        """Note why the run fails; the first reason stands."""
        self._redis.hsetnx(self._key(run), "reason", json.dumps(encode(reason)))

    def alive(self, run: str) -> None:
        """Raise RunFailed where the run has a reason to fail or is closed: its other steps stop at their next look."""
        _look(run, *self._redis.hmget(self._key(run), "state", "reason"))

    def pulse(self, run: str) -> None:
        """Give a sign of life for a step that goes on. Raises RunFailed where it should not; a run that is done has nothing against it."""
        state, reason = self._pulse_script(keys=[self._key(run)])
        if state != "done":
            _look(run, state, reason)

    def again(self, run: str, what: str) -> int:
        """How often this was said of `what` in this run, this time included."""
        return int(self._redis.hincrby(self._key(run), f"again:{what}", 1))

    def count(self, run: str, **amounts: float) -> None:
        """Add to counters; `__` in a name becomes a dot."""
        pipe = self._redis.pipeline(transaction=False)
        for name, amount in amounts.items():
            pipe.hincrbyfloat(self._key(run), f"count:{name.replace('__', '.')}", amount)
        pipe.execute()

    def note(self, run: str, name: str, text: str) -> None:
        """Keep a text under a name; the last one stands."""
        self._redis.hset(self._key(run), f"note:{name}", text)

    def alert(self, run: str, state: str) -> None:
        """Record how far the run's alert is: `sent`, or `waiting: …` or `undelivered: …` with the channel's last answer."""
        self._redis.hset(self._key(run), "alert", state)
        if not state.startswith("waiting"):
            self._redis.zrem(f"{self._prefix}untold", run)

    def record(self, run: str, step: StepRecord) -> None:
        """Append a step and add it to the counters."""
        key, pipe = self._key(run), self._redis.pipeline(transaction=False)
        pipe.rpush(f"{key}:steps", json.dumps(encode(step)))
        pipe.ltrim(f"{key}:steps", -STEPS, -1)
        pipe.expire(f"{key}:steps", KEEP)
        pipe.hincrby(key, "signs", 1)
        if step.outcome == "ok":
            pipe.hincrby(key, f"count:{step.step}.count", 1)
            pipe.hincrbyfloat(key, f"count:{step.step}.seconds", round(step.seconds, 6))
            if step.segment is not None and step.rank:
                pipe.setbit(f"{key}:past", 8 * step.segment + step.rank, 1)
                pipe.expire(f"{key}:past", KEEP)
        pipe.execute()

    def past(self, run: str, segment: int, rank: int) -> bool:
        """Whether a later step of a segment has ended well, so that this one was done before and its message came twice."""
        byte: str = self._redis.bitfield(f"{self._key(run)}:past").get("u8", 8 * segment).execute()[0]
        return bool(int(byte) & (0xFF >> (rank + 1)))

    def entry(self, run: str) -> Entry:
        """Everything about a run. Raises Refused where there is none."""
        found: dict[str, str] = self._redis.hgetall(self._key(run))
        if "run" not in found:
            raise Refused(f"no run {run!r} in the ledger; runs() lists them")
        return Entry(
            run=decode(Run, json.loads(found["run"])),
            state=found["state"],  # type: ignore[arg-type]  # only the scripts above write it
            counters=tuple((name, float(value)) for name, value in _fields(found, "count:")),
            closed=datetime.fromisoformat(found["closed"]) if "closed" in found else None,
            reason=decode(Reason, json.loads(found["reason"])) if "reason" in found else None,
            alert=found.get("alert", ""),
            notes=tuple(_fields(found, "note:")),
            signs=int(found.get("signs", 0)),
        )

    def steps(self, run: str) -> tuple[StepRecord, ...]:
        """The newest step records of a run, oldest first."""
        return tuple(decode(StepRecord, json.loads(line)) for line in self._redis.lrange(f"{self._key(run)}:steps", 0, -1))

    def runs(self, newest: int = 20) -> tuple[Entry, ...]:
        """The newest runs, newest first."""
        ids = self._redis.zrevrange(f"{self._prefix}runs", 0, newest - 1)
        return tuple(self.entry(run) for run in ids if self._redis.exists(self._key(run)))

    def untold(self) -> tuple[Entry, ...]:
        """Runs of which people have still to hear, oldest first: open ones, and closed ones whose alert no channel has taken."""
        return tuple(self.entry(run) for run in self._redis.zrange(f"{self._prefix}untold", 0, -1) if self._redis.exists(self._key(run)))

    def keep(self, run: Run) -> None:
        """Keep a run that begins when another has ended well. Hosts with data have no right to this key: control has opened it."""
        self._redis.hset(f"{self._prefix}waiting", run.id, json.dumps(encode(run)))

    def release(self, run: str) -> Run | None:
        """A run that was kept, for the one caller that takes it away; None for every other."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.hget(f"{self._prefix}waiting", run)
        pipe.hdel(f"{self._prefix}waiting", run)
        kept, _ = pipe.execute()
        return decode(Run, json.loads(kept)) if kept else None

    def holder(self, lock: str) -> str | None:
        """The run that holds a lock, or None."""
        held: str | None = self._redis.get(f"{self._prefix}lock:{lock}")
        return held


def _look(run: str, state: str | None, reason: str | None) -> None:
    if state != "open" or reason:
        raise RunFailed(f"run {run} is over: {decode(Reason, json.loads(reason)).reason if reason else state}")


def _fields(found: dict[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    return ((name.removeprefix(prefix), value) for name, value in sorted(found.items()) if name.startswith(prefix))
