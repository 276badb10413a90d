"""The report of a fleet's chaos: what was counted, and which promises were broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median

_MOST_REQUESTS_A_SECOND = 50


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result."""

    posts: int
    places: int
    disruptions: Counter[str]
    faults: int
    lost: list[str]
    twice: list[str]
    most_asked: int
    most_arrived: int
    requests: int
    takeovers: list[float | None]
    late: list[str]
    identifies: int
    early_identifies: int
    exit_codes: list[int]
    logs_with_bugs: list[str]

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept."""
        claims = {
            "lost": not self.lost,
            "twice": not self.twice,
            "requests in a second": self.most_asked <= _MOST_REQUESTS_A_SECOND,
            "takeover": not self.late,
            "identifies": not self.early_identifies,
            "exit codes": not any(self.exit_codes),
            "bugs in the log": not self.logs_with_bugs,
        }
        return [name for name, is_kept in claims.items() if not is_kept]

    def lines(self) -> list[str]:
        known = sorted(seconds for seconds in self.takeovers if seconds is not None)
        rows = {
            "posts": f"{self.posts} in {self.places} places",
            **{name: str(count) for name, count in sorted(self.disruptions.items())},
            "other faults of Discord": str(self.faults),
            "lost": str(len(self.lost)),
            "twice": str(len(self.twice)),
            "requests": str(self.requests),
            "most requests in a second": f"{self.most_asked} sent, {self.most_arrived} arrived",
            "takeovers of a shard": str(len(self.takeovers)),
            "seconds to take over": f"median {median(known):.1f}, most {known[-1]:.1f}" if known else "-",
            "took too long": str(len(self.late)),
            "sessions begun": f"{self.identifies}, {self.early_identifies} too soon",
            "exit codes": ", ".join(map(str, self.exit_codes)),
            "processes with a bug in the log": str(len(self.logs_with_bugs)),
        }
        return [
            *(f"{name:36}{value}" for name, value in rows.items()),
            *self.lost,
            *self.twice,
            *self.late,
            *self.logs_with_bugs,
            f"broken: {', '.join(self.broken) or 'nothing'}",
        ]
