"""The sandbox: a simulated Discord and Hugging Face on loopback, to try out a bot or test it as a process.

It knows nothing about any bot. A bot connects to it by the URLs of the REST API, the gateway and the Hub.
"""

from sandbox.app import PAGE_PORT, Sandbox, SeedCommand
from sandbox.driver import Answer
from sandbox.faults import Fault, RecordedRequest
from sandbox.live_lists import LiveLists

__all__ = ["PAGE_PORT", "Answer", "Fault", "LiveLists", "RecordedRequest", "Sandbox", "SeedCommand"]
