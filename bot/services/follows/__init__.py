"""Follows: the keywords of one person, whose papers come by direct message.

- A person has at most one feed of kind `direct`. It is planned and delivered like any other, so each paper
  comes once.
- Whether somebody accepts direct messages shows only when one is sent. So the first follow, and everything
  that ends a block, sends a greeting without papers. What was asked for is stored first, and a refusal blocks
  the feed: its keywords wait until the person resumes. Only a clear refusal does; after a timeout, delivery
  tries as usual, and opens the direct messages if they were not opened yet.
- A blocked feed is never tried again until the person acts, because nothing shows that they opened their
  direct messages.
- Two commands at once greet once: the one whose transaction stores that direct messages are open. The
  greeting's nonce is that of the feed and its block, so that discord.py's own retries don't greet twice.
- Nothing of it is shown to others, or recorded in the history of a server.
"""
