"""The telephone room: a queue simulation, call by call.

999 and 101 share the call takers; 999 goes first and somebody is kept free for it. Callers give up, ring again, take
a call-back or are answered elsewhere. What belongs here: calls and their segments; what happens after the call belongs
to the incidents.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heappop, heappush
from random import Random

from orchestration.sample.arrivals import HALF_HOUR, draw
from orchestration.sample.clock import Clock, midnight
from orchestration.sample.draws import TABLE_SIZE, choices, exponential, lognormal, poisson, rounded, stream, uniform
from orchestration.sample.parameters import WRAP_CODES, Parameters
from orchestration.sample.staffing import BUREAU_TEAM, SWITCHBOARD_TEAM, Heads, roster

ARRIVE, ENQUEUE, GIVE_UP, FREE, STAFF, OUTAGE = range(6)
OCC, BOARD, BUREAU = range(3)
QUEUES = ("OCC_999", "OCC_101", "INTERNAL", "SWITCHBOARD", "CRIME_BUREAU")  # in order of priority within a pool
POOL_OF = {"OCC_999": OCC, "OCC_101": OCC, "INTERNAL": OCC, "SWITCHBOARD": BOARD, "CRIME_BUREAU": BUREAU}
QUEUE_OF = {
    "999": "OCC_999",
    "101": "OCC_101",
    "SWITCHBOARD": "SWITCHBOARD",
    "INTERNAL": "INTERNAL",
    "OTHER": "OCC_101",
}
MEASURED = {
    "999": ("OCC_999", "OCC_101"),
    "101": ("OCC_999", "OCC_101"),
    "SWITCHBOARD": ("SWITCHBOARD",),
    "INTERNAL": ("INTERNAL",),
    "OTHER": QUEUES,
}
THRESHOLD = {"999": 10, "101": 30}

# Seconds. Handling times of West Mercia are not published: invented, to a mean of 7 minutes (999) and 9 (101).
TALK = {
    "OCC_999": lognormal(185, 0.65, 12, 2400),
    "OCC_101": lognormal(285, 0.70, 15, 3600),
    "INTERNAL": lognormal(120, 0.70, 10, 1800),
    "SWITCHBOARD": lognormal(38, 0.60, 5, 400),
    "CRIME_BUREAU": lognormal(620, 0.50, 60, 3600),
}
WRAP = {
    "OCC_999": lognormal(115, 0.70, 5, 1500),
    "OCC_101": lognormal(110, 0.80, 5, 1800),
    "INTERNAL": lognormal(45, 0.70, 3, 600),
    "SWITCHBOARD": lognormal(10, 0.50, 2, 60),
    "CRIME_BUREAU": lognormal(160, 0.60, 10, 1500),
}
HOLD = lognormal(55, 0.80, 5, 900)
HOLD_SHARE = {"OCC_999": 0.08, "OCC_101": 0.22, "INTERNAL": 0.15, "SWITCHBOARD": 0.05, "CRIME_BUREAU": 0.20}
RING = {
    "OCC_999": choices({"1": 30, "2": 38, "3": 18, "4": 7, "9": 1.5, "11": 1.8, "13": 1.7, "16": 1.2}),
    "OCC_101": choices({"1": 15, "2": 35, "3": 30, "4": 15, "5": 5}),
}
RING_SECONDS = {queue: [int(s) for s in RING.get(queue, RING["OCC_101"])] for queue in QUEUES}
PATIENCE = {
    "OCC_999": lognormal(75, 0.9, 3, 900),
    "OCC_101": lognormal(260, 1.05, 2, 3000),
    "INTERNAL": lognormal(240, 0.9, 4, 1800),
    "SWITCHBOARD": lognormal(120, 0.9, 3, 900),
    "CRIME_BUREAU": lognormal(420, 0.9, 5, 2700),
}
MENU = uniform(14, 46)
BOARD_GREETING = uniform(5, 12)
REDIAL_GAP = exponential(130, 8, 595)
CREATE_AFTER = uniform(25, 110)  # from answer to the incident being opened
WRAP_CODE = {queue: choices(shares) for queue, shares in WRAP_CODES.items()}


@dataclass(frozen=True)
class Report:
    """Something that becomes an incident: when it is opened, by which channel, from which call."""

    created: int
    source: str
    call_ref: str
    is_back_record: bool = False


@dataclass
class DayOfCalls:
    """What one local day's telephony leaves behind."""

    day: date
    lines: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    intervals: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    heads: list[tuple[int, list[Heads]]] = field(default_factory=list)
    calls: int = 0


class Call:
    """A caller's contact, segment by segment."""

    __slots__ = (
        "cli",
        "day",
        "dialled",
        "done",
        "enqueued",
        "ivr",
        "leave",
        "queue",
        "ref",
        "segment",
        "started",
        "steps",
    )

    def __init__(self, day: DayOfCalls, ref: str, dialled: str, cli: str) -> None:
        self.day = day
        self.ref = ref
        self.dialled = dialled
        self.cli = cli
        self.segment = 1
        self.queue = ""
        self.started = 0
        self.ivr = 0
        self.enqueued = 0
        self.leave = "ABN"
        self.done = False
        self.steps: list[tuple[str, str, int]] = []


class Pool:
    """People who take the calls of some queues, longest idle first."""

    def __init__(self, queues: tuple[str, ...], reserve: int) -> None:
        self.queues = [deque[Call]() for _ in queues]
        self.index = {queue: i for i, queue in enumerate(queues)}
        self.idle: deque[int] = deque()
        self.reserve = reserve


class CallRoom:
    """The simulation; state carries over from day to day."""

    def __init__(self, parameters: Parameters, clock: Clock, scale: float, seed: int, last: date) -> None:
        self.parameters = parameters
        self.telephony = parameters.telephony
        self.clock = clock
        self.scale = scale
        self.seed = seed
        self.last = last
        self.reports: list[Report] = []
        self._heap: list[tuple[int, int, int, object]] = []
        self._sequence = 0
        reserve = rounded(stream(seed, "reserve"), self.telephony.reserve * min(1.0, scale**0.5))
        self._pools = (
            Pool(("OCC_999", "OCC_101", "INTERNAL"), reserve),
            Pool(("SWITCHBOARD",), 0),
            Pool(("CRIME_BUREAU",), 0),
        )
        self._agents: dict[tuple[str, int], int] = {}
        self._agent_id: list[str] = []
        self._agent_team: list[str] = []
        self._agent_pool: list[int] = []
        self._on_duty: list[bool] = []
        self._busy: list[bool] = []
        self._days: dict[date, DayOfCalls] = {}
        self._worked: dict[tuple[int, str], list[int]] = {}
        self._rng = Random(0)
        self._today = DayOfCalls(date.min)
        events = parameters.events
        self._outage_start = _instant(events.outage_start)
        self._outage_end = _instant(events.outage_end)
        self._lost_left = max(1, round(events.calls_lost * scale))

    # -- the day ---

    def run_day(self, day: date) -> None:
        """Simulate one local day; calls that last past midnight end on the next run, or in ``drain``."""
        start, end = midnight(day), midnight(day + timedelta(days=1))
        self._rng = stream(self.seed, "calls", day.isoformat())
        self._today = self._days[day] = DayOfCalls(day)
        self._today.heads = roster(self.seed, day, self.clock, self.telephony, self.scale)
        for index, (instant, _) in enumerate(self._today.heads):
            self._push(instant, STAFF, index)
        if start <= self._outage_start < end:
            self._push(self._outage_start, OUTAGE, None)
        self._run(self._arrivals(day), end)

    def drain(self) -> None:
        """Let the calls of the last day end."""
        self._run([], midnight(self.last + timedelta(days=2)))

    def take(self, day: date) -> DayOfCalls:
        """The finished day; to be asked for once the day after has run."""
        found = self._days.pop(day)
        end = midnight(day + timedelta(days=1))
        found.intervals = {key: self._worked.pop(key) for key in sorted(self._worked) if key[0] < end}
        return found

    def _arrivals(self, day: date) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for line, calls in self.telephony.calls_a_day.items():
            rng = stream(self.seed, "arrivals", line, day.isoformat())
            found += [
                (t, line) for t in draw(rng, line, day, self.clock, calls * self.scale, self.telephony.day_spread)
            ]
        rng = stream(self.seed, "tests", day.isoformat())
        first = midnight(day)
        found += [
            (first + 9 * 3600 + int(rng.random() * 28800), "TEST")
            for _ in range(poisson(rng, self.telephony.test_calls_a_day * min(1.0, self.scale)))
        ]
        found.sort()
        return found

    def _run(self, arrivals: list[tuple[int, str]], end: int) -> None:
        heap = self._heap
        position, count = 0, len(arrivals)
        while True:
            next_arrival = arrivals[position][0] if position < count else end
            if heap and heap[0][0] < next_arrival:
                instant, _, kind, item = heappop(heap)
                if kind == FREE:
                    self._free(instant, item)  # type: ignore[arg-type]
                elif kind == ENQUEUE:
                    self._enqueue(instant, item)  # type: ignore[arg-type]
                elif kind == GIVE_UP:
                    self._give_up(instant, item)  # type: ignore[arg-type]
                elif kind == ARRIVE:
                    self._arrive(instant, *item)  # type: ignore[misc]
                elif kind == STAFF:
                    self._staff(item)  # type: ignore[arg-type]
                else:
                    self._outage(instant)
            elif position < count:
                self._arrive(next_arrival, arrivals[position][1], "")
                position += 1
            else:
                break

    def _push(self, instant: int, kind: int, item: object) -> None:
        self._sequence += 1
        heappush(self._heap, (instant, self._sequence, kind, item))

    # -- arrival ---

    def _arrive(self, instant: int, line: str, cli: str) -> None:
        if self._outage_start <= instant < self._outage_end:
            return  # no calls were received
        rnd = self._rng.random
        day = self._today
        number = 100000 + day.calls * 611953 % 900000  # unique within the day, not in order
        day.calls += 1
        dialled = "999" if line == "TEST" else line
        call = Call(day, str(number), dialled, cli or self._cli(line))
        call.started = instant
        if line == "TEST":
            self._end(call, "OCC_999", "TEST", instant, (0, 0, 2, 15, 0, 0))
        elif line == "101":
            self._menu(call, instant, MENU[int(rnd() * TABLE_SIZE)])
        elif line == "999" and rnd() < self.telephony.silent_share_999:
            self._end(call, "OCC_999", "SILENT", instant, (20, int(rnd() * 9), 0, 0, 0, 0))
        else:
            call.queue = QUEUE_OF[line]
            if line == "SWITCHBOARD":
                call.ivr = BOARD_GREETING[int(rnd() * TABLE_SIZE)]
                self._push(instant + call.ivr, ENQUEUE, call)
            else:
                self._enqueue(instant, call)

    def _cli(self, line: str) -> str:
        """The caller's number: invented, in the personal range 070 that nobody is rung on."""
        rnd = self._rng.random
        if line == "TEST":
            return ""
        if line == "INTERNAL":
            return f"{2000 + int(rnd() * 6000)}"
        chance = rnd()
        if chance < self.telephony.withheld_share:
            return "WITHHELD"
        if chance < self.telephony.withheld_share + self.telephony.empty_cli_share:
            return ""
        if rnd() < self.telephony.frequent_caller_share:
            number = f"07009{int(rnd() * 300) * 3331:06d}"
        else:
            number = f"0700{int(rnd() * 9)}{int(rnd() * 1000000):06d}"
        return "+44" + number[1:] if line == "999" and rnd() < 0.5 else number

    def _menu(self, call: Call, instant: int, seconds: int) -> None:
        """The 101 menu is a segment of its own, in no queue."""
        telephony = self.telephony
        chance = self._rng.random()
        limit = telephony.menu_abandoned
        if chance < limit:
            self._end(call, "", "IVR_ABN", instant, (max(2, seconds // 2), 0, 0, 0, 0, 0))
            return
        limit += telephony.menu_ended
        if chance < limit:
            self._end(call, "", "IVR_END", instant, (seconds + 20, 0, 0, 0, 0, 0))
            return
        limit += telephony.menu_lost
        if chance < limit:
            self._end(call, "", "XFER", instant, (seconds, 0, 0, 0, 0, 0))
            return
        target = "OCC_101"
        if chance < limit + telephony.menu_to_switchboard:
            target = "SWITCHBOARD"
        elif chance < limit + telephony.menu_to_switchboard + telephony.menu_to_crime_bureau:
            target = "CRIME_BUREAU"
        self._segment(call, "", "XFER", instant, (seconds, 0, 0, 0, 0, 0), "", "", "")
        call.queue = target
        call.started = instant + seconds
        self._push(instant + seconds, ENQUEUE, call)

    # -- queue ---

    def _enqueue(self, instant: int, call: Call) -> None:
        call.enqueued = instant
        if self._outage_start <= instant < self._outage_end:
            self._lose(call, instant)
            return
        pool = self._pools[POOL_OF[call.queue]]
        idle = len(pool.idle)
        rank = pool.index[call.queue]
        if idle and (rank == 0 or idle > pool.reserve) and not any(pool.queues[: rank + 1]):
            self._answer(instant, call, pool)
            return
        pool.queues[rank].append(call)
        rnd = self._rng.random
        wait = PATIENCE[call.queue][int(rnd() * TABLE_SIZE)]
        call.leave = "ABN"
        telephony = self.telephony
        if call.queue == "OCC_101" and wait > telephony.callback_after and rnd() < telephony.callback_share:
            call.leave, wait = "CBK", telephony.callback_after + int(rnd() * 30)
        elif call.queue == "OCC_999" and wait > telephony.overflow_after and rnd() < 0.8:
            call.leave, wait = "OVF", telephony.overflow_after + int(rnd() * 20)
        self._push(instant + wait, GIVE_UP, call)

    def _give_up(self, instant: int, call: Call) -> None:
        if call.done or instant < call.enqueued:
            return
        queue = self._pools[POOL_OF[call.queue]].queues[self._pools[POOL_OF[call.queue]].index[call.queue]]
        try:
            queue.remove(call)
        except ValueError:
            return  # answered meanwhile
        self._end(call, call.queue, call.leave, call.started, (call.ivr, instant - call.enqueued, 0, 0, 0, 0))
        if call.leave == "ABN" and call.dialled in ("999", "101") and call.cli[:1] in ("0", "+"):
            rnd = self._rng.random
            if rnd() < self.telephony.redial_share:
                self._push(instant + REDIAL_GAP[int(rnd() * TABLE_SIZE)], ARRIVE, (call.dialled, call.cli))

    def _answer(self, instant: int, call: Call, pool: Pool) -> None:
        rnd = self._rng.random
        agent = pool.idle.popleft()
        self._busy[agent] = True
        queue = call.queue
        ring = RING_SECONDS[queue][int(rnd() * TABLE_SIZE)]
        talk = TALK[queue][int(rnd() * TABLE_SIZE)]
        hold = HOLD[int(rnd() * TABLE_SIZE)] if rnd() < HOLD_SHARE[queue] else 0
        wrap = WRAP[queue][int(rnd() * TABLE_SIZE)]
        answered = instant + ring
        is_cut = instant < self._outage_start < answered + talk + hold  # when the power goes
        if is_cut:
            talk, hold, wrap = max(0, self._outage_start - answered), 0, 0
        code = WRAP_CODE[queue][int(rnd() * TABLE_SIZE)]
        if code == "NEW_INCIDENT" and (queue in ("OCC_999", "OCC_101", "CRIME_BUREAU")):
            self._report(call, answered, queue)
        shown = code if rnd() > 0.05 else ""
        seconds = (call.ivr, instant - call.enqueued, ring, talk, hold, wrap)
        team = self._agent_team[agent]
        target = self._transfer_target(queue)
        if target and not is_cut:
            self._segment(call, queue, "ANS", call.started, seconds, self._agent_id[agent], team, shown)
            moved = Call(call.day, call.ref, call.dialled, call.cli)
            moved.segment, moved.steps, moved.queue = call.segment, call.steps, target
            moved.started = answered + talk + hold
            self._push(moved.started, ENQUEUE, moved)
            call.done = True
        else:
            self._end(call, queue, "ANS", call.started, seconds, self._agent_id[agent], team, shown)
        self._work(team, answered, talk, hold, wrap)
        self._push(answered + talk + hold + wrap, FREE, agent)

    def _transfer_target(self, queue: str) -> str:
        chance = self._rng.random()
        if queue == "OCC_101" and chance < self.telephony.transfer_to_crime_bureau:
            return "CRIME_BUREAU"
        if queue == "SWITCHBOARD" and chance < self.telephony.switchboard_transfer:
            if chance < self.telephony.switchboard_transfer / 3:
                return "OCC_101"
            return "CRIME_BUREAU" if chance < self.telephony.switchboard_transfer / 2 else ""
        return ""

    def _report(self, call: Call, answered: int, queue: str) -> None:
        if call.dialled == "INTERNAL":
            return
        source = "999" if queue == "OCC_999" else "SWITCHBOARD" if call.dialled == "SWITCHBOARD" else "101"
        created = answered + CREATE_AFTER[int(self._rng.random() * TABLE_SIZE)]
        if not self._outage_start <= created < self._outage_end:
            self.reports.append(Report(created, source, f"{call.day.day:%Y%m%d}-{call.ref}"))

    # -- people ---

    def _free(self, instant: int, agent: int) -> None:
        self._busy[agent] = False
        if self._on_duty[agent]:
            pool = self._pools[self._agent_pool[agent]]
            pool.idle.append(agent)
            self._serve(instant, pool)

    def _serve(self, instant: int, pool: Pool) -> None:
        """Idle people take who waits, the most urgent queue first; the reserve takes 999 only."""
        for rank, queue in enumerate(pool.queues):
            while queue and len(pool.idle) > (pool.reserve if rank else 0):
                self._answer(instant, queue.popleft(), pool)

    def _staff(self, index: int) -> None:
        """A new half-hour: people come and go; who is on a call ends it first."""
        instant, teams = self._today.heads[index]
        wanted: set[int] = set()
        for heads in teams:
            offset = self._today.day.toordinal() * 3
            wanted.update(
                self._agent(heads.team, (offset + n) % (heads.on_calls * 3 + 5)) for n in range(heads.on_calls)
            )
        for agent, was_on in enumerate(self._on_duty):
            if was_on and agent not in wanted:
                self._on_duty[agent] = False
        for pool in self._pools:
            pool.idle = deque(agent for agent in pool.idle if self._on_duty[agent])
        for agent in sorted(wanted):
            if not self._on_duty[agent]:
                self._on_duty[agent] = True
                if not self._busy[agent]:
                    self._pools[self._agent_pool[agent]].idle.append(agent)
        for pool in self._pools:
            self._serve(instant, pool)

    def _agent(self, team: str, number: int) -> int:
        found = self._agents.get((team, number))
        if found is None:
            found = self._agents[(team, number)] = len(self._agent_id)
            self._agent_id.append(f"A{4000 + found * 37 % 5000:04d}{found // 5000 or ''}")
            self._agent_team.append(team)
            self._agent_pool.append(BOARD if team == SWITCHBOARD_TEAM else BUREAU if team == BUREAU_TEAM else OCC)
            self._on_duty.append(False)
            self._busy.append(False)
        return found

    def _work(self, team: str, start: int, talk: int, hold: int, wrap: int) -> None:
        """Book talk, hold and wrap seconds to the half-hours in which they fall."""
        for kind, seconds in enumerate((talk, hold, wrap)):
            end = start + seconds
            while start < end:
                slot = start // HALF_HOUR * HALF_HOUR
                part = min(end, slot + HALF_HOUR) - start
                self._interval(slot, team)[kind] += part
                start += part

    def _interval(self, slot: int, team: str) -> list[int]:
        """Seconds worked by a team in a half-hour; work past midnight waits for its own day."""
        return self._worked.setdefault((slot, team), [0, 0, 0])

    # -- writing ---

    def _segment(
        self,
        call: Call,
        queue: str,
        disposition: str,
        start: int,
        seconds: tuple[int, int, int, int, int, int],
        agent: str,
        team: str,
        code: str,
    ) -> None:
        ivr, queued, ring, talk, hold, wrap = seconds
        end = start + ivr + queued + ring + talk + hold
        utc = self.clock.utc
        call.day.lines.append(
            f"{call.ref},{call.segment},{utc(start)},{utc(end)},{call.dialled},{queue},{disposition},"
            f"{ivr},{queued},{ring},{talk},{hold},{wrap},{agent},{team},{call.cli},{code}"
        )
        call.steps.append((queue, disposition, queued + ring))
        call.segment += 1

    def _end(
        self,
        call: Call,
        queue: str,
        disposition: str,
        start: int,
        seconds: tuple[int, int, int, int, int, int],
        agent: str = "",
        team: str = "",
        code: str = "",
    ) -> None:
        self._segment(call, queue, disposition, start, seconds, agent, team, code)
        call.done = True
        count_call(call.day.tally, call.dialled, call.steps)

    # -- the outage ---

    def _outage(self, instant: int) -> None:
        """Everything that waits at the moment the power goes is lost; then lines are dead until it is back."""
        for pool in self._pools:
            for queue in pool.queues:
                while queue:
                    self._lose(queue.popleft(), instant)
        menu = (entry[3] for entry in self._heap if entry[2] == ENQUEUE)
        in_menu = sum(1 for call in menu if isinstance(call, Call) and call.dialled in ("999", "101"))
        rnd = self._rng.random
        for _ in range(max(0, self._lost_left - in_menu)):
            line = "999" if rnd() < 0.4 else "101"
            before = instant - 1 - int(rnd() * 15)
            call = Call(self._today, str(100000 + self._today.calls * 611953 % 900000), line, self._cli(line))
            self._today.calls += 1
            call.started = call.enqueued = before
            call.queue = QUEUE_OF[line]
            self._lose(call, instant)

    def _lose(self, call: Call, instant: int) -> None:
        disposition = "ABN"
        if self._lost_left > 0 and call.dialled in ("999", "101"):
            disposition = "LOST"
            self._lost_left -= 1
        self._end(call, call.queue, disposition, call.started, (call.ivr, instant - call.enqueued, 0, 0, 0, 0))


def count_call(tally: Counter[str], line: str, steps: list[tuple[str, str, int]]) -> None:
    """Add a call's outcome to the true values of its day."""
    outcome, wait = outcome_of(line, steps)
    tally[f"{line}|{outcome}"] += 1
    if outcome == "answered" and wait is not None:
        tally[f"{line}|wait_seconds"] += wait
        if wait <= THRESHOLD.get(line, 30):
            tally[f"{line}|answered_within"] += 1


LAST = {
    "ABN": "abandoned", "IVR_ABN": "abandoned_in_menu", "IVR_END": "ended_by_menu", "OVF": "overflow",
    "CBK": "callback", "SILENT": "silent", "LOST": "lost", "XFER": "lost", "TEST": "test", "ANS": "answered_elsewhere",
}  # fmt: skip


def outcome_of(line: str, steps: list[tuple[str, str, int]]) -> tuple[str, int | None]:
    """The true outcome and wait of a call from its (queue, disposition, waited) steps, by the published derivation."""
    measured = MEASURED[line]
    wait: int | None = None
    for queue, disposition, waited in steps:
        if queue in measured:
            wait = (wait or 0) + waited
            if disposition == "ANS":
                return "answered", wait
    return LAST[steps[-1][1]], wait


def _instant(local: tuple[int, int, int, int, int]) -> int:
    year, month, day, hour, minute = local
    return midnight(date(year, month, day)) + hour * 3600 + minute * 60
