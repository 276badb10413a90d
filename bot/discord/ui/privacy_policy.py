"""The privacy policy: its address, as the operator set it for the application at Discord."""

from __future__ import annotations

import discord


def policy_of(client: discord.Client) -> str | None:
    """None if the operator set none."""
    return client.application.privacy_policy_url if client.application else None
