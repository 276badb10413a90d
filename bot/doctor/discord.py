"""Checks the token, the settings of its application, and whether the bot may connect to the gateway."""

from __future__ import annotations

from bot.core.plurals import count, is_or_are
from bot.discord.connection.gateway import GatewayAddress
from bot.discord.survey import Identity, NoAnswerError, Survey, TokenRefusedError
from bot.doctor.findings import Finding, fine, unchecked, warning, wrong

_PORTAL = "in Discord's Developer Portal, under your application"
_FEW_STARTS = 50


async def check_discord(survey: Survey, token: str, *, api_url: str) -> list[Finding]:
    """Log the survey in and check what it sees; on success it stays logged in."""
    try:
        identity = await survey.log_in(token)
    except TokenRefusedError:
        return [_refused()]
    except NoAnswerError as error:
        remedy = "check the network, the proxy and DISCORD_API_URL; the bot retries automatically"
        return [wrong(f"Discord ({api_url}) returned no usable response: {error}", remedy)]
    findings = judge_identity(identity)
    try:
        findings.append(judge_starts(await survey.gateway()))
    except TokenRefusedError:
        findings.append(_refused())
    except NoAnswerError as error:
        findings.append(unchecked("The gateway", because=str(error)))
    return findings


def _refused() -> Finding:
    return wrong(
        "DISCORD_TOKEN was refused by Discord",
        f"copy a new token {_PORTAL} → Bot → Reset Token; this invalidates the old one",
        prevents_start=True,
    )


def judge_identity(identity: Identity) -> list[Finding]:
    findings = [fine(f"DISCORD_TOKEN is accepted: the bot is {identity.name}")]
    findings.append(fine(f"No privileged intents are needed{_enabled_intents(identity)}"))
    if identity.has_interactions_endpoint:
        findings.append(
            wrong(
                "The application has an Interactions Endpoint URL, so commands never reach the bot",
                f"clear that field {_PORTAL} → General Information",
            )
        )
    if identity.needs_code_grant:
        findings.append(
            warning(
                "The application requires an OAuth2 code grant, so the invite link fails",
                f"disable Requires OAuth2 Code Grant {_PORTAL} → Bot",
            )
        )
    if identity.commands:
        findings.append(
            fine(f"{count(identity.commands, 'command')} {is_or_are(identity.commands)} registered")
        )
    else:
        findings.append(
            warning("No commands are registered", "the bot registers them at its first start: paperboy run")
        )
    return findings


def _enabled_intents(identity: Identity) -> str:
    if not identity.privileged:
        return ", and none are enabled"
    return f"; you can disable {' and '.join(identity.privileged)} {_PORTAL} → Bot"


def judge_starts(gateway: GatewayAddress) -> Finding:
    what = f"{gateway.sessions_left} of {gateway.sessions} session starts remain"
    hours = max(1, round(gateway.resets_in_seconds / 3600))
    if gateway.sessions_left == 0:
        return wrong(
            what, f"the bot can connect again in {count(hours, 'hour')}; find out why it restarts so often"
        )
    if gateway.sessions_left < _FEW_STARTS:
        return warning(
            what, f"the limit resets in {count(hours, 'hour')}; find out why the bot restarts so often"
        )
    return fine(what)
