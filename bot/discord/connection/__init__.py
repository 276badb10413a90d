"""Requests and gateway connections to Discord.

Every request passes one gate, including discord.py's own retries: at most 48 in any second, evenly spaced.
Answers to interactions are exempt, because Discord doesn't count them. discord.py retries failed requests.
Where no nonce prevents a duplicate, the gate allows only one attempt, and its outcome is looked up.

Shards are opened and closed while the client runs, because in a fleet they move between processes. What only
a shard's session tells (which servers there are, what the bot may do there) is unknown before the first one;
requests need none. Shards identify themselves in turns, because Discord accepts only a few in five seconds.

An answer that isn't Discord's (an HTML page, incomplete JSON, unexpected JSON) counts as no answer.
discord.py raises various errors for it, which become one error here, and only after an answer, so that a bug
in composing a request stays a bug.
"""
