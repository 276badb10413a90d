"""Blocked channels: noticed, reported, checked again, unblocked.

- Blocking a feed and recording its notice are one transaction.
- Blocked channels are checked at every run, at startup, after events about permissions, and by *Check again*.
  If a visible obstacle is gone, the feed is unblocked and its notice ends, so that the next problem is
  reported again. If no obstacle is visible, time, an event or a person triggers another attempt. Then only a
  message that arrives ends the notice.
- A deleted channel, or a server that removed the bot, is blocked as gone without a request, and restored if
  it returns. After 30 days it is deleted, but only if it has looked that old for an hour by a monotonic
  clock.
- A notice goes to the channel of `/config notices`, the server's other feeds, the system channel or the
  first text channel, whichever works first. Problems within a few seconds are one message. Nobody is written
  to directly: where no channel works, `/status` and the next answer to an admin say so.
- An attempt at a notice is recorded before it is made. After one without an answer, the bot looks for the
  message by its nonce, which its button carries.
- A notice names a channel only if everybody who can read the notice can see that channel. Otherwise it leaves
  out name, reason and numbers. A deleted channel is never named.
- Lists that can't be read are reported after six hours of failed runs in a row, according to the stored runs.
"""
