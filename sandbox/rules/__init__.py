"""Discord's rules for the bodies of requests, and its answer to one that breaks them.

`checks` is the language that the rules are written in; the other files hold the rules, a file a topic, and
`requests` says which of them a request has to pass. Nothing here knows the world: what depends on it (who may
do what, and what exists) stands in `sandbox.places` and `sandbox.interactions`.
"""

from sandbox.rules.checks import Problems
from sandbox.rules.messages import check_message
from sandbox.rules.requests import check_request

__all__ = ["Problems", "check_message", "check_request"]
