"""The shape of the API's JSON. A wrong value of an optional key costs only that key; long texts are cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

from bot.core.ids import PaperId
from bot.sources.cleaning import clean_login, clean_text, parse_moment, shorten

_PAPER_ID = re.compile(r"\d{4}\.\d{4,5}", re.ASCII)
_LARGEST_COUNT = 10**9
_WHOLE_NUMBER = re.compile(r"\d{1,10}", re.ASCII)

# Far more than any real paper has (664 authors, a title of 175 characters). What is longer is cut.
_MAX_AUTHORS = 5_000
_MAX_KEYWORDS = 100
_MAX_MEDIA = 20
_MAX_TITLE_LENGTH = 1_000
_MAX_NAME_LENGTH = 300  # also a keyword's

_T = TypeVar("_T")


def _none_if_wrong(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError:
        return None


def _if_text(read: Callable[[str], str]) -> BeforeValidator:
    return BeforeValidator(lambda value: read(value) if isinstance(value, str) else value)


def _short(text: str) -> str:
    return shorten(text[: 2 * _MAX_NAME_LENGTH], limit=_MAX_NAME_LENGTH)


def _count_if_written(value: object) -> object:
    """A whole number, even if it came as `"12"` or `12.0`."""
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _cut(max_items: int) -> Callable[[object], object]:
    def cut(value: object) -> object:
        return cast("list[object]", value)[:max_items] if isinstance(value, list) else value

    return cut


def _moment_if_text(value: object) -> datetime | None:
    return parse_moment(value) if isinstance(value, str) else None


def _as_paper_id(value: str) -> PaperId:
    if not _PAPER_ID.fullmatch(value):
        raise ValueError("not an arXiv ID")
    return PaperId(value)


_Optional = Annotated[_T | None, WrapValidator(_none_if_wrong)]
_Raw = Annotated[str, Field(strict=True)]
_Text = Annotated[str, _if_text(clean_text), Field(strict=True)]
_Title = Annotated[str, _if_text(partial(shorten, limit=_MAX_TITLE_LENGTH)), Field(strict=True)]
_ShortText = Annotated[str, _if_text(_short), Field(strict=True)]
_Count = Annotated[int, BeforeValidator(_count_if_written), Field(strict=True, ge=0, le=_LARGEST_COUNT)]
_Media = _Optional[Annotated[list[_Optional[_Raw]], BeforeValidator(_cut(_MAX_MEDIA))]]
_Moment = Annotated[datetime | None, BeforeValidator(_moment_if_text)]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class _Author(_Model):
    name: _Optional[_ShortText] = None
    hidden: _Optional[bool] = None


class NamedAccount(_Model):
    """A person or an organization."""

    fullname: _Optional[_ShortText] = None
    name: _Optional[_Raw] = None
    user: _Optional[_Raw] = None
    avatar: _Optional[_Raw] = None

    @property
    def login(self) -> str | None:
        return clean_login(self.name or self.user or "")

    @property
    def shown(self) -> str | None:
        return self.fullname or self.login


class RawPaper(_Model):
    id: Annotated[_Raw, AfterValidator(_as_paper_id)]
    title: _Optional[_Title] = None
    summary: _Optional[_Text] = None
    authors: _Optional[Annotated[list[_Optional[_Author]], BeforeValidator(_cut(_MAX_AUTHORS))]] = None
    published_at: _Moment = None
    submitted_on_daily_at: _Moment = None
    submitted_on_daily_by: _Optional[NamedAccount] = None
    upvotes: _Optional[_Count] = None
    num_comments: _Optional[_Count] = None
    ai_summary: _Optional[_Text] = Field(default=None, alias="ai_summary")
    ai_keywords: _Optional[Annotated[list[_Optional[_ShortText]], BeforeValidator(_cut(_MAX_KEYWORDS))]] = (
        Field(default=None, alias="ai_keywords")
    )
    github_repo: _Optional[_Raw] = None
    github_stars: _Optional[_Count] = None
    project_page: _Optional[_Raw] = None
    organization: _Optional[NamedAccount] = None
    thumbnail: _Optional[_Raw] = None
    media_urls: _Media = None
    withdrawn_at: _Moment = None


class RawItem(_Model):
    paper: RawPaper
    title: _Optional[_Title] = None
    summary: _Optional[_Text] = None
    num_comments: _Optional[_Count] = None
    thumbnail: _Optional[_Raw] = None
    media_urls: _Media = None
    submitted_by: _Optional[NamedAccount] = None
    organization: _Optional[NamedAccount] = None
