"""Posts sent to Discord: the outbox, one attempt, the pace, follow-ups.

- A post is pending from the transaction that plans it, with a random nonce. It stores paper IDs and queries,
  not text, and is rendered when it is sent, within Discord's limits.
- Posts are claimed together: one transaction reads what is due, with the content of its posts, and another
  records that their attempts begin. Each result is recorded separately, as soon as it is known.
- Every attempt is recorded before it is made. In a channel, a retry that begins within a minute of the first
  attempt, and takes at most a minute, sends the same nonce, and Discord returns the first message. Later, and
  always in threads and forums, the bot searches its own messages since an hour before the first attempt (the
  clocks can differ) and adopts a match. An attempt that Discord clearly rejected can't have arrived, so there
  is no search.
- To a bot that can't read a channel's history, Discord shows an empty one. So that permission is checked
  before a search; without it, the post is unconfirmed and kept back, and later posts of the channel continue.
- One message is in flight per channel, oldest first. Servers take turns, and channels that hang leave room
  for others.
- Content that Discord rejects is split until the rejected paper is alone: embeds that the error names are set
  apart, otherwise the message is halved. The parts take the place of the whole in the channel's order, each
  with its own nonce and follow-ups, in one transaction. The paper is tried in full, then bare (only title and
  link), and then fails. The next message of the run that is sent pings the role.
- A 403 or 404 blocks the feed. If permissions explain it, they also show when it is fixed. Otherwise, the
  feed is tried again after one hour, then two, four and so on, up to a day.
- Everything else waits, from 5 seconds up to 15 minutes. Errors that don't concern the channel (401, a
  proxy's page, an unwritable store) pause all channels.
- A post that fails because of a bug is tried three times. If it was never sent, it is split like rejected
  content.
- Follow-ups start once their message is sent, and their failure never repeats it. When a feature is turned
  off, its unfinished follow-ups are dropped.
- At shutdown, nothing new begins, and requests in flight have 2.5 seconds. The next startup looks for
  interrupted posts.
"""
