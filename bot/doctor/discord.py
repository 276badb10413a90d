"""Discord: whose token it is, how its application is set up, and whether the bot may connect."""

from __future__ import annotations

from bot.core.plurals import count
from bot.discord.survey import Identity, NoAnswerError, SessionStarts, Survey, TokenRefusedError
from bot.doctor.findings import Finding, fine, unchecked, warning, wrong

_PORTAL = "in Discord's Developer Portal, under your application"
_FEW_STARTS = 50


async def check_discord(survey: Survey, token: str, *, api_url: str) -> list[Finding]:
    """The survey is logged in afterwards, if none of it is wrong."""
    try:
        identity = await survey.log_in(token)
    except TokenRefusedError:
        return [_refused()]
    except NoAnswerError as error:
        remedy = (
            "check the network, the proxy, and DISCORD_API_URL; the bot waits and asks again automatically"
        )
        return [wrong(f"Discord ({api_url}) gave no usable answer: {error}", remedy)]
    findings = judged_identity(identity)
    try:
        findings.append(judged_starts(await survey.session_starts()))
    except TokenRefusedError:
        findings.append(_refused())
    except NoAnswerError as error:
        findings.append(unchecked("The gateway", because=str(error)))
    return findings


def _refused() -> Finding:
    return wrong(
        "DISCORD_TOKEN was refused by Discord",
        f"copy the bot's token again {_PORTAL} → Bot → Reset Token; a reset ends the old token",
        prevents_start=True,
    )


def judged_identity(identity: Identity) -> list[Finding]:
    findings = [fine(f"DISCORD_TOKEN is accepted: the bot is {identity.name}")]
    findings.append(fine(f"No privileged intent is needed{_switched_on(identity)}"))
    if identity.has_interactions_endpoint:
        findings.append(
            wrong(
                "The application has an Interactions Endpoint URL, so commands never reach the bot",
                f"empty that field {_PORTAL} → General Information",
            )
        )
    if identity.needs_code_grant:
        findings.append(
            warning(
                "The application requires an OAuth2 code grant, so the invite link fails",
                f"switch Requires OAuth2 Code Grant off {_PORTAL} → Bot",
            )
        )
    if identity.commands:
        findings.append(fine(f"{count(identity.commands, 'command')} are registered"))
    else:
        findings.append(
            warning("No commands are registered", "the bot registers them at its first start: paperboy run")
        )
    return findings


def _switched_on(identity: Identity) -> str:
    if not identity.privileged:
        return ", and none is switched on"
    return f"; {' and '.join(identity.privileged)} may be switched off {_PORTAL} → Bot"


def judged_starts(starts: SessionStarts) -> Finding:
    what = f"{starts.left} of {starts.total} session starts are left"
    hours = max(1, round(starts.resets_in_seconds / 3600))
    if starts.left == 0:
        return wrong(what, f"the bot can connect again in {count(hours, 'hour')}; find out why it restarts")
    if starts.left < _FEW_STARTS:
        return warning(what, f"more in {count(hours, 'hour')}; find out why the bot restarts so often")
    return fine(what)
