"""The requests of the page to its server, without a browser."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp


class Browser:
    """The requests of the page's scripts, in their order."""

    def __init__(self, session: aiohttp.ClientSession, *, key: str, first: str, person: int) -> None:
        self._session = session
        self._key = key
        self._first = first
        self._person = person
        self._now = self._headers(first)
        self._sequence = 0
        self.state: dict[str, Any] = {}

    def another(self, *, person: int | None = None, channel: str | None = None) -> Browser:
        who = self._person if person is None else person
        return Browser(self._session, key=self._key, first=channel or self._first, person=who)

    async def listing(self) -> dict[str, Any]:
        async with self._session.get("/channels", headers=self._now) as answer:
            assert answer.status == 200
            return await answer.json()

    async def channels(self) -> list[dict[str, Any]]:
        return (await self.listing())["channels"]

    async def next_day(self) -> dict[str, Any]:
        async with self._session.post("/next-day", headers=self._now) as answer:
            assert answer.status == 200
            return await answer.json()

    async def permissions(self, change: dict[str, Any] | None = None, *, channel: str | None = None) -> Any:
        """The settings of permissions and roles, after a change if there is one; an int is a refusal."""
        method = "GET" if change is None else "POST"
        headers = self._headers(channel or self._first)
        async with self._session.request(method, "/permissions", headers=headers, json=change) as answer:
            return await answer.json() if answer.status == 200 else answer.status

    async def use(self, command: str, message_id: int) -> Any:
        """Use a message command; an int is a refusal."""
        sent = {"command": command, "message": str(message_id)}
        async with self._session.post("/message-command", headers=self._now, json=sent) as answer:
            return await answer.json() if answer.status == 200 else answer.status

    def _headers(self, channel_id: str) -> dict[str, str]:
        return {"X-Simcord-Capability": f"{self._key}.{self._person}.{channel_id}"}

    async def open(self, channel_id: int) -> None:
        self._now = self._headers(str(channel_id))
        async with self._session.post("/api/pages", headers=self._now, json={}) as answer:
            assert answer.status == 200
            self.state = await answer.json()
        self._now["X-Simcord-Context"] = self.state["context"]["id"]
        self._sequence = 0

    async def pictures(self) -> list[tuple[int, bytes]]:
        """All pictures of the state, asked for at once, as a browser does."""

        async def asked(asset: str) -> tuple[int, bytes]:
            async with self._session.get(f"/api/assets/{asset}", headers=self._now) as answer:
                return answer.status, await answer.read()

        there = [asset for asset, manifest in self.state["assets"].items() if manifest["available"]]
        return await asyncio.gather(*map(asked, there))

    async def look(self) -> str:
        async with self._session.get("/api/state", headers=self._now) as answer:
            assert answer.status == 200
            self.state = await answer.json()
        return json.dumps(self.state["messages"])

    async def run(self, name: str, **options: str) -> dict[str, Any]:
        await self.look()
        async with self._session.get("/api/commands", headers=self._now) as answer:
            entries = (await answer.json())["entries"]
        entry = next(entry for entry in entries if entry["invocation"] == name)
        return await self.act(
            "run_command",
            command_id=entry["commandId"],
            path=entry["path"],
            schema_fingerprint=entry["schemaFingerprint"],
            options=options,
        )

    async def act(self, kind: str, **fields: Any) -> dict[str, Any]:
        self._sequence += 1
        body = {
            "protocol_version": 3,
            "kind": kind,
            "sequence": self._sequence,
            "request_id": f"r{self._sequence}",
            "generation": self.state["context"]["generation"],
            "bot_generation": self.state["botGeneration"],
            "published_revision": self.state["publishedRevision"],
            **fields,
        }
        async with self._session.post("/api/action", headers=self._now, json=body) as answer:
            assert answer.status == 200
            return await answer.json()
