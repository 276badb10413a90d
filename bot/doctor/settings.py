"""Reports which settings are wrong, and where each comes from."""

from __future__ import annotations

from bot.doctor.files import check_dotenv
from bot.doctor.findings import Finding, fine, unchecked, warning, wrong
from bot.settings import DOTENV, Examined


def check_settings(examined: Examined) -> list[Finding]:
    findings = [_wrong(name, sentence, examined) for name, sentence in examined.wrong.items()]
    findings += [
        warning(f"{name} in .env is not a setting", f"if you mean {meant}, rename it")
        for name, meant in examined.misspelt.items()
    ]
    settings = examined.settings
    if settings.discord_token is None and not {"DISCORD_TOKEN", ".env"} & examined.wrong.keys():
        findings.append(
            wrong(
                "DISCORD_TOKEN is not set",
                "put the bot's token in the environment or in .env; it is in Discord's Developer Portal, "
                "under your application → Bot → Reset Token",
                prevents_start=True,
            )
        )
    if str(DOTENV) in examined.wrong:
        findings.append(unchecked(f"Other settings in {DOTENV}", because="it cannot be read"))
    return [*findings, *check_dotenv(DOTENV), *_origins(examined, is_all=not findings)]


def _wrong(name: str, sentence: str, examined: Examined) -> Finding:
    origin = examined.origins.get(name)
    remedy = f"it is set in {origin}: change or remove it there" if origin else "fix that line"
    return wrong(sentence, remedy, prevents_start=True)


def _origins(examined: Examined, *, is_all: bool) -> list[Finding]:
    """Where the valid settings come from. `is_all` says that no other finding is about a setting."""
    usable = {name: origin for name, origin in examined.origins.items() if name not in examined.wrong}
    parts = [
        f"Set in {origin}: {', '.join(sorted(name for name, of in usable.items() if of == origin))}"
        for origin in sorted(set(usable.values()))
    ]
    if is_all and not parts:
        return [fine("No settings are set; all have their defaults")]
    if str(DOTENV) not in examined.wrong:  # otherwise the others are not known
        parts.append("all other settings have their defaults")
    return [fine("; ".join(parts))] if parts else []
