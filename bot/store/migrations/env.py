"""Alembic's entry: runs revisions in the transaction that `bot.store.migration` has open."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import text

from bot.store.tables import metadata


def _keep_oldest_code(ctx: MigrationContext, step: MigrationInfo, heads: Any, run_args: Any) -> None:  # noqa: ARG001 - Alembic's names
    revision = context.script.get_revision(str(step.up_revision_id))
    values = {"oldest_code": revision.module.oldest_code}
    ctx.execute(text("UPDATE alembic_version SET oldest_code = :oldest_code").bindparams(**values))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
    on_version_apply=_keep_oldest_code,
)
with context.begin_transaction():
    context.run_migrations()
