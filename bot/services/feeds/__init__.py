"""Feeds and subscriptions: made, changed and removed.

- A removed subscription keeps its row for 30 days (`ended_at`). Papers that only this subscription had
  pending are cancelled and recorded (`cancelled_papers`). A post that was attempted may have arrived, and is
  left alone. A post whose papers change gets a new nonce, so that an attempt with the old ones is stopped.
- Whatever adds a subscription (`/subscribe`, `/setup`, a copy, an import, *Undo*) uses the same function. A
  removed subscription with the same canonical form continues: cancelled papers are pending again, and runs in
  between don't count as its own. If it was removed longer ago, the last seven list days are covered.
- *Undo* names what it undoes, so that it works after a restart: the key of a removal, or the IDs of changes,
  which were recorded with what they changed (`bot.core.changes.Revision`). If anything of it was changed
  again since, nothing is undone.
- A new feed starts with its server's defaults, which override the operator's.
- A server is recorded as welcomed before the message is sent, so that it is welcomed at most once.
- Only channels with subscriptions count against the limit of a server. Lowering a limit removes nothing.
"""
