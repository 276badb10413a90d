"""The no-token world: Discord and Hugging Face on loopback, to try a bot out and to test it as a process.

It knows nothing of any bot. A bot is pointed here by the address of its REST, of its gateway and of the Hub.
"""

from sandbox.app import PAGE_PORT, Sandbox, SeedCommand
from sandbox.driving import Answer
from sandbox.faults import Fault, RecordedRequest
from sandbox.live import LiveLists

__all__ = ["PAGE_PORT", "Answer", "Fault", "LiveLists", "RecordedRequest", "Sandbox", "SeedCommand"]
