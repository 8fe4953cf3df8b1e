"""Sign-in: tokens out of passwords, new tokens out of old ones (SEC-1).

These open their own transactions: a password is never hashed while a connection is held, and the revocation of a
stolen token's session must outlive the refusal.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from attain_api.access import member_repository, repository
from attain_api.access.actor import Actor
from attain_api.access.client import Client
from attain_api.access.repository import Place, Profile
from attain_api.access.tokens import Claims, Opaque, new_opaque, read_opaque, sign_access_token
from attain_api.sessions import service as sessions
from attain_api.state import ApiState
from attain_api.throttling import service as throttling
from attain_api.throttling.service import Throttled, Tries
from attain_shared.access.models import Session
from attain_shared.access.schemas import TokenRead
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.errors import Conflict, NotAllowed, Unauthenticated
from attain_shared.identifiers import new_id

COMPANY_SCOPE = "company:"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a refresh token is not good; told only once its consequences are committed."""

    detail: str


async def sign_in(
    state: ApiState, *, email: str, password: str, scope: str, client: Client
) -> tuple[TokenRead, dict[str, str]]:
    """Tokens for one company of the account, and the headers of the throttle.

    Nothing tells whether there is an account before the password fits: not the answer, and not its time.
    """
    try:
        tries = await throttling.count(state, throttling.account(email), *throttling.address_of(client))
    except Throttled as refusal:
        if refusal.begins:
            state.aftermath.begin(_note_block(state, email=email))
        raise
    async with transaction(state.sessions, state.doorbell) as uow:
        account = await repository.find_account(uow.session, email=email.strip().lower())
    fits = await state.passwords.matches(password, account.password_hash if account else None)
    if account is None or not fits:
        raise _wrong_credentials(tries)
    try:
        async with transaction(state.sessions, state.doorbell) as uow:
            # a change of the password ends all sessions, also one that is about to begin with the old password
            if await repository.hold_password_hash(uow.session, account_id=account.id) != account.password_hash:
                raise _wrong_credentials(tries)
            tokens = await begin_session(uow, state=state, account_id=account.id, scope=scope, client=client)
    except (Conflict, NotAllowed):
        await throttling.succeed(state, tries.subjects)
        raise
    # a company that the account does not belong to stays counted: its code is not to be guessed
    await throttling.succeed(state, tries.subjects)
    return tokens, tries.headers


def _wrong_credentials(tries: Tries) -> Unauthenticated:
    return Unauthenticated("The e-mail or the password is wrong.", code="invalid-credentials", headers=tries.headers)


async def _note_block(state: ApiState, *, email: str) -> None:
    """Tell the companies of an account, if there is one, that somebody has tried too often (SEC-5).

    Not before the answer, whose time would tell that there is one.
    """
    async with transaction(state.sessions, state.doorbell) as uow:
        account = await repository.find_account(uow.session, email=email.strip().lower())
        places = await repository.list_places(uow.session, account_id=account.id) if account else []
        for place in places:
            if place.accepted_at is not None:
                uow.record(
                    resource_type="membership",
                    resource_id=place.person_id,
                    changes={},
                    company_id=place.company_id,
                    action="sign_in_blocked",
                )


async def begin_session(uow: UnitOfWork, *, state: ApiState, account_id: UUID, scope: str, client: Client) -> TokenRead:
    """The first tokens of a sign-in, whose owner has proven to be the account's."""
    place = _chosen_place(await repository.list_places(uow.session, account_id=account_id), scope=scope)
    now = utc_now()
    uow.author = replace(uow.author, kind="person", id=place.person_id, company_id=place.company_id)
    if place.accepted_at is None:
        await repository.accept_membership(uow.session, account_id=account_id, company_id=place.company_id, at=now)
        uow.record(
            resource_type="membership",
            resource_id=place.person_id,
            changes={"accepted_at": (None, now)},
            action="accept_membership",
        )
    session = Session(
        id=new_id(),
        account_id=account_id,
        company_id=place.company_id,
        device=client.device,
        address=client.address,
        expires_at=_end_of_session(state, now),
    )
    uow.session.add(session)
    await uow.session.flush()
    uow.record(
        resource_type="session",
        resource_id=session.id,
        changes={"created_at": (None, now)},
        action="sign_in",
    )
    return await _issue(uow, state=state, claims=Claims(account_id, place.company_id, session.id), now=now)


def _end_of_session(state: ApiState, now: datetime) -> datetime:
    return now + timedelta(days=state.settings.refresh_token_days)


def _chosen_place(places: list[Place], *, scope: str) -> Place:
    """The company asked for by its code, else the only one that was taken up before.

    One that was not is told to nobody: the account's holder need not be whom that company means by the e-mail. Its code
    comes from whoever made the company.
    """
    wanted = [word.removeprefix(COMPANY_SCOPE) for word in scope.split() if word.startswith(COMPANY_SCOPE)]
    if wanted:
        for place in places:
            if [place.code] == wanted:
                return place
        # the same answer whether such a company exists or not (ORG-0)
        raise Unauthenticated("The account does not belong to that company.", code="invalid-credentials")
    accepted = [place for place in places if place.accepted_at is not None]
    if not accepted:
        raise NotAllowed("The account belongs to no company today.")
    if len(accepted) > 1:
        raise Conflict(
            "The account belongs to several companies: name one with scope=company:<code>.",
            code="company-required",
            companies=[place.code for place in accepted],
        )
    return accepted[0]


async def _issue(uow: UnitOfWork, *, state: ApiState, claims: Claims, now: datetime) -> TokenRead:
    refresh = new_opaque()
    await repository.add_refresh_token(
        uow.session,
        token=refresh,
        claims=claims,
        expires_at=_end_of_session(state, now),
        now=now,
    )
    seconds = state.settings.access_token_seconds
    access = sign_access_token(claims, key=state.settings.secret_key.get_secret_value(), now=now, seconds=seconds)
    return TokenRead(access_token=access, refresh_token=refresh.text, token_type="bearer", expires_in=seconds)  # noqa: S106  # OAuth2's word


async def refresh(state: ApiState, *, refresh_token: str, client: Client) -> TokenRead:
    """The next pair of tokens. A spent token that comes back was stolen from somebody: its session ends."""
    shown = read_opaque(refresh_token)
    outcome: TokenRead | Refusal = Refusal("The refresh token is not valid.")
    if shown is not None:
        async with transaction(state.sessions, state.doorbell) as uow:
            outcome = await _rotate(uow, state=state, shown=shown, client=client)
    if isinstance(outcome, Refusal):
        raise Unauthenticated(outcome.detail, code="invalid-token")
    return outcome


async def _rotate(uow: UnitOfWork, *, state: ApiState, shown: Opaque, client: Client) -> TokenRead | Refusal:
    token, now = await repository.lock_refresh_token(uow.session, token_id=shown.id), utc_now()
    if token is None or not shown.matches(token.secret_hash):
        return Refusal("The refresh token is not valid.")
    if token.used_at is not None:
        await sessions.end_session(uow, session_id=token.family_id)
        return Refusal("The refresh token was used before; sign in again.")
    if token.revoked_at is not None or token.expires_at <= now:
        return Refusal("The refresh token is not valid any more; sign in again.")
    claims = Claims(token.account_id, token.company_id, token.family_id)
    if await member_repository.find_member(uow.session, claims=claims) is None:
        return Refusal("The sign-in has ended, or its owner no longer belongs there.")
    await repository.spend_refresh_token(uow.session, token_id=token.id, at=now)
    await repository.keep_up_session(
        uow.session,
        session_id=claims.session_id,
        at=now,
        expires_at=_end_of_session(state, now),
        address=client.address,
    )
    return await _issue(uow, state=state, claims=claims, now=now)


async def sign_out(uow: UnitOfWork, *, refresh_token: str) -> None:
    """End the token's session; one that is not known is as good as signed out."""
    shown = read_opaque(refresh_token)
    token = await repository.lock_refresh_token(uow.session, token_id=shown.id) if shown else None
    if shown is not None and token is not None and shown.matches(token.secret_hash):
        await sessions.end_session(uow, session_id=token.family_id)


async def get_profile(uow: UnitOfWork, *, actor: Actor) -> Profile:
    """The caller's own name and company."""
    if actor.person_id is None:
        return await repository.get_connector_profile(
            uow.session, company_id=actor.company_id, connector_id=actor.principal_id
        )
    return await repository.get_person_profile(uow.session, company_id=actor.company_id, person_id=actor.person_id)
