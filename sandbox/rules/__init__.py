"""Discord's rules for request bodies, and its error response for invalid ones.

`checks` has the building blocks, the other modules have the rules by topic, and `requests` selects the rules
for a request. These rules don't depend on the state of the world; those that do (permissions, what exists)
are in `sandbox.places`, `sandbox.messages` and `sandbox.interactions`.
"""

from sandbox.rules.checks import Problems
from sandbox.rules.messages import check_message
from sandbox.rules.requests import check_request

__all__ = ["Problems", "check_message", "check_request"]
