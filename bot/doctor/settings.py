"""The settings: where each comes from, and what is wrong with them."""

from __future__ import annotations

from bot.doctor.findings import Finding, fine, warning, wrong
from bot.settings import Examined


def check_settings(examined: Examined) -> list[Finding]:
    findings = [_wrong(name, sentence, examined) for name, sentence in examined.wrong.items()]
    findings += [
        warning(f"{name} in .env is no setting", f"if you mean {meant}, rename it")
        for name, meant in examined.misspelt.items()
    ]
    settings = examined.settings
    if settings.discord_token is None and not {"DISCORD_TOKEN", ".env"} & examined.wrong.keys():
        findings.append(
            wrong(
                "DISCORD_TOKEN is not set",
                "put the bot's token in the environment or in .env: Discord's Developer Portal has it, under "
                "your application → Bot → Reset Token",
                ends_the_start=True,
            )
        )
    usable = {name: origin for name, origin in examined.origins.items() if name not in examined.wrong}
    return [*findings, fine(_origins(usable))]


def _wrong(name: str, sentence: str, examined: Examined) -> Finding:
    origin = examined.origins.get(name)
    remedy = f"it stands in {origin}: change it there, or take it away" if origin else "mend the file"
    return wrong(sentence, remedy, ends_the_start=True)


def _origins(origins: dict[str, str]) -> str:
    parts = [
        f"set in {origin}: {', '.join(sorted(name for name, of in origins.items() if of == origin))}"
        for origin in sorted(set(origins.values()))
    ]
    return "; ".join(
        [*parts, "the others have their defaults" if parts else "none is set: all have their defaults"]
    )
