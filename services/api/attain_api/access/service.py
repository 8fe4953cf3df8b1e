"""Sign-in: tokens out of passwords, new tokens out of old ones (SEC-1).

These open their own transactions: a password is never hashed while a connection is held, and the revocation of a
stolen token's family must outlive the refusal.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from attain_api.access import repository
from attain_api.access.actor import Actor
from attain_api.access.repository import Place, Profile
from attain_api.access.tokens import Claims, Opaque, new_opaque, read_opaque, sign_access_token
from attain_api.state import ApiState
from attain_shared.access.models import Account, RefreshToken
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


async def sign_in(state: ApiState, *, email: str, password: str, scope: str) -> TokenRead:
    """Tokens for one company of the account."""
    async with transaction(state.sessions, state.doorbell) as uow:
        account = await repository.find_account(uow.session, email=email.strip().lower())
        places = await repository.list_places(uow.session, account_id=account.id) if account else []
    fits = await state.passwords.matches(password, account.password_hash if account else None)
    if account is None or not fits:
        raise Unauthenticated("The e-mail or the password is wrong.", code="invalid-credentials")
    place = _chosen_place(places, scope=scope)
    async with transaction(state.sessions, state.doorbell) as uow:
        return await _begin_family(uow, state=state, account=account, place=place)


def _chosen_place(places: list[Place], *, scope: str) -> Place:
    """The company asked for by its code, else the only one that was taken up before."""
    wanted = [word.removeprefix(COMPANY_SCOPE) for word in scope.split() if word.startswith(COMPANY_SCOPE)]
    if wanted:
        for place in places:
            if [place.code] == wanted:
                return place
        # the same answer whether such a company exists or not (ORG-0)
        raise Unauthenticated("The account does not belong to that company.", code="invalid-credentials")
    if not places:
        raise NotAllowed("The account belongs to no company.")
    accepted = [place for place in places if place.accepted_at is not None]
    if len(accepted) != 1:
        raise Conflict(
            "The account belongs to several companies: name one with scope=company:<code>.",
            code="company-required",
            companies=[place.code for place in places],
        )
    return accepted[0]


async def _begin_family(uow: UnitOfWork, *, state: ApiState, account: Account, place: Place) -> TokenRead:
    if place.accepted_at is None:
        await repository.accept_membership(
            uow.session, account_id=account.id, company_id=place.company_id, at=utc_now()
        )
    return _issue(
        uow, state=state, claims=Claims(account_id=account.id, company_id=place.company_id), family_id=new_id()
    )


def _issue(uow: UnitOfWork, *, state: ApiState, claims: Claims, family_id: UUID) -> TokenRead:
    now, refresh = utc_now(), new_opaque()
    uow.session.add(
        RefreshToken(
            id=refresh.id,
            family_id=family_id,
            account_id=claims.account_id,
            company_id=claims.company_id,
            secret_hash=refresh.secret_hash,
            expires_at=now + timedelta(days=state.settings.refresh_token_days),
        )
    )
    seconds = state.settings.access_token_seconds
    access = sign_access_token(claims, key=state.settings.secret_key.get_secret_value(), now=now, seconds=seconds)
    return TokenRead(access_token=access, refresh_token=refresh.text, token_type="bearer", expires_in=seconds)  # noqa: S106  # OAuth2's word


async def refresh(state: ApiState, *, refresh_token: str) -> TokenRead:
    """The next pair of tokens. A spent token that comes back was stolen from somebody: its family ends."""
    shown = read_opaque(refresh_token)
    outcome: TokenRead | Refusal = Refusal("The refresh token is not valid.")
    if shown is not None:
        async with transaction(state.sessions, state.doorbell) as uow:
            outcome = await _rotate(uow, state=state, shown=shown)
    if isinstance(outcome, Refusal):
        raise Unauthenticated(outcome.detail, code="invalid-token")
    return outcome


async def _rotate(uow: UnitOfWork, *, state: ApiState, shown: Opaque) -> TokenRead | Refusal:
    token, now = await repository.lock_refresh_token(uow.session, token_id=shown.id), utc_now()
    if token is None or not shown.matches(token.secret_hash):
        return Refusal("The refresh token is not valid.")
    if token.used_at is not None:
        await repository.revoke_family(uow.session, family_id=token.family_id, at=now)
        return Refusal("The refresh token was used before; sign in again.")
    if token.revoked_at is not None or token.expires_at <= now:
        return Refusal("The refresh token is not valid any more; sign in again.")
    member = await repository.find_member(uow.session, account_id=token.account_id, company_id=token.company_id)
    if member is None:
        return Refusal("The account no longer belongs to the company.")
    token.used_at = now
    claims = Claims(account_id=token.account_id, company_id=token.company_id)
    return _issue(uow, state=state, claims=claims, family_id=token.family_id)


async def sign_out(uow: UnitOfWork, *, refresh_token: str) -> None:
    """End the token's family; one that is not known is as good as signed out."""
    shown = read_opaque(refresh_token)
    token = await repository.lock_refresh_token(uow.session, token_id=shown.id) if shown else None
    if shown is not None and token is not None and shown.matches(token.secret_hash):
        await repository.revoke_family(uow.session, family_id=token.family_id, at=utc_now())


async def get_profile(uow: UnitOfWork, *, actor: Actor) -> Profile:
    """The caller's own name and company."""
    if actor.person_id is None:
        return await repository.get_connector_profile(
            uow.session, company_id=actor.company_id, connector_id=actor.principal_id
        )
    return await repository.get_person_profile(uow.session, company_id=actor.company_id, person_id=actor.person_id)
