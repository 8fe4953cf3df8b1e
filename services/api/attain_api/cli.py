"""The command `attain-admin`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_api.access.passwords import Passwords
from attain_api.audit import commands as audit
from attain_api.companies import service as companies
from attain_api.companies.service import InstallationRole
from attain_api.company_values import service as company_values
from attain_api.kpi_templates import service as kpi_templates
from attain_api.links.service import NewLink
from attain_api.partitions import commands as partitions
from attain_api.passwords import service as passwords
from attain_api.settings import AdminSettings
from attain_api.summed_months import commands as summed_months
from attain_shared import logs
from attain_shared.clock import business_day
from attain_shared.db.partitions import create_partitions, month_of, months_ahead
from attain_shared.db.schema import find_revision
from attain_shared.db.session import create_engine, create_sessions, transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_shared.settings import read_settings

app = typer.Typer(help="Administers an installation of Attain.", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(audit.app, name="audit")
app.add_typer(partitions.app, name="partitions")
app.add_typer(summed_months.app, name="months")

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('attain:migrate', 0))"
_TRY_AGAIN_SECONDS = 0.2


@app.callback()
def administer() -> None:
    """Administers an installation of Attain."""


@app.command()
def migrate(
    config: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Alembic's file; the migrations are beside it.")
    ] = Path("alembic.ini"),
) -> None:
    """Bring the database to this build's schema, make partitions ahead, and the first administrator if one is named."""
    settings = read_settings(AdminSettings, program="attain-admin")
    logs.configure(level=settings.log_level, service="attain-admin")
    asyncio.run(_migrate(settings, Config(config)))


@app.command()
def reset_password(email: Annotated[str, typer.Argument(help="The account's e-mail.")]) -> None:
    """Print a one-time token that sets a new password, for an account that no company's administrator may reset."""
    settings = read_settings(AdminSettings, program="attain-admin")
    logs.configure(level=settings.log_level, service="attain-admin")
    link = asyncio.run(_reset_password(settings, email=email.strip().lower()))
    if link is None:
        typer.echo("attain-admin: no account that can sign in has this e-mail", err=True)
        raise typer.Exit(1)
    typer.echo(f"attain-admin: good once, until {link.expires_at.isoformat()}, at POST /v1/auth/password/reset:")
    typer.echo(link.token)


async def _reset_password(settings: AdminSettings, *, email: str) -> NewLink | None:
    engine = create_engine(settings, application="attain-admin")
    try:
        async with transaction(create_sessions(engine), MemoryDoorbell()) as uow:
            return await passwords.create_operators_reset(uow, email=email)
    finally:
        await engine.dispose()


_Role = Annotated[
    InstallationRole, typer.Argument(help="`ops` sees how the installation does, `platform` makes companies.")
]
_Email = Annotated[str, typer.Argument(help="The account's e-mail.")]


@app.command()
def grant(role: _Role, email: _Email) -> None:
    """Give an account a role of the installation, from its next request on."""
    _set_role(role, email=email.strip().lower(), is_held=True)
    typer.echo(f"attain-admin: the account has the role {role.value} now")


@app.command()
def revoke(role: _Role, email: _Email) -> None:
    """Take a role of the installation away from an account, from its next request on."""
    _set_role(role, email=email.strip().lower(), is_held=False)
    typer.echo(f"attain-admin: the account does not have the role {role.value} now")


def _set_role(role: InstallationRole, *, email: str, is_held: bool) -> None:
    settings = read_settings(AdminSettings, program="attain-admin")
    logs.configure(level=settings.log_level, service="attain-admin")

    async def set_role() -> bool:
        engine = create_engine(settings, application="attain-admin")
        try:
            async with transaction(create_sessions(engine), MemoryDoorbell()) as uow:
                return await companies.set_installation_role(uow, email=email, role=role, is_held=is_held)
        finally:
            await engine.dispose()

    if not asyncio.run(set_role()):
        typer.echo("attain-admin: no account has this e-mail", err=True)
        raise typer.Exit(1)


async def _migrate(settings: AdminSettings, alembic: Config) -> None:
    engine = create_engine(settings, application="attain-admin")
    try:
        sessions = create_sessions(engine)
        async with _alone(sessions):
            await _upgrade(sessions, alembic)
            await _make_partitions(sessions)
            await _ship(sessions)
            await _bootstrap(sessions, settings=settings)
    finally:
        await engine.dispose()


async def _upgrade(sessions: async_sessionmaker[AsyncSession], alembic: Config) -> None:
    """To the newest revision this build knows; a database further on stays, as this build can run on it."""
    newest = ScriptDirectory.from_config(alembic).get_current_head()
    async with sessions() as session:
        revision = await find_revision(session)
    if revision is not None and newest is not None and revision > newest:
        typer.echo(f"attain-admin: the schema is at {revision}, further on than this build's {newest}: left as it is")
    else:
        # Alembic runs its own loop, so it gets its own thread
        await asyncio.to_thread(command.upgrade, alembic, "head")


@asynccontextmanager
async def _alone(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[None]:
    """Wait for whoever else migrates, as long as it takes."""
    async with sessions() as session:
        connection = await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        await connection.execute(text("SET lock_timeout = 0"))
        await connection.execute(text("SET statement_timeout = 0"))
        # a statement that waits would hold a snapshot, and an index made concurrently waits for every snapshot
        while not await connection.scalar(text(_LOCK)):  # noqa: ASYNC110 - the database tells of none
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock_all()"))
            await connection.invalidate()  # its settings are not those of the pool


async def _make_partitions(sessions: async_sessionmaker[AsyncSession]) -> None:
    today = business_day()
    months = months_ahead(today)
    before = month_of(month_of(today) - timedelta(days=1))
    async with transaction(sessions, MemoryDoorbell()) as uow:
        await create_partitions(uow.session, buckets=[before, *months[:2]], inbox=[before, *months])


async def _ship(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with transaction(sessions, MemoryDoorbell()) as uow:
        await kpi_templates.ship_to_all(uow)
        await company_values.ship_to_all(uow)


async def _bootstrap(sessions: async_sessionmaker[AsyncSession], *, settings: AdminSettings) -> None:
    email, password = settings.bootstrap_admin_email, settings.bootstrap_admin_password
    if email is None or password is None:
        return
    async with transaction(sessions, MemoryDoorbell()) as uow:
        if await companies.is_known(uow, email=email):
            return
    password_hash = await Passwords().hashed(password.get_secret_value())
    async with transaction(sessions, MemoryDoorbell()) as uow:
        made = await companies.bootstrap(
            uow, company_name=settings.bootstrap_company_name, email=email, password_hash=password_hash
        )
    if made is not None:
        typer.echo(f"attain-admin: made the first company and its administrator {email}")


if __name__ == "__main__":
    app()
