"""The application: routers, handlers and the layer around them, over a state that is handed in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import Gauge

from attain_api import problems
from attain_api.access.router import router as access
from attain_api.action_items.router import router as action_items
from attain_api.alert_rules.router import router as alert_rules
from attain_api.alerts.router import router as alerts
from attain_api.attainments.router import router as attainments
from attain_api.audit.router import router as audit
from attain_api.batches.router import router as batches
from attain_api.blueprints.router import router as blueprints
from attain_api.calibration.router import router as calibration
from attain_api.cascade.router import router as cascade
from attain_api.check_ins.router import router as check_ins
from attain_api.companies.router import router as companies
from attain_api.company_values.router import router as company_values
from attain_api.connectors.router import router as connectors
from attain_api.console.page import router as console_page
from attain_api.counters import Counters
from attain_api.cycles.router import router as cycles
from attain_api.decisions.router import router as decisions
from attain_api.departments.router import router as departments
from attain_api.entries.router import router as entries
from attain_api.event_calendar.router import router as event_calendar
from attain_api.events.router import router as events
from attain_api.explanations.router import router as explanations
from attain_api.feedback.router import router as feedback
from attain_api.findings.router import router as findings
from attain_api.goal_checks.router import router as goal_checks
from attain_api.goals.router import router as goals
from attain_api.headcounts.router import router as headcounts
from attain_api.health.router import router as health
from attain_api.improvement_plans.router import router as improvement_plans
from attain_api.interviews.router import router as interviews
from attain_api.invitations.router import router as invitations
from attain_api.item_sets.router import router as item_sets
from attain_api.kpi_templates.router import router as kpi_templates
from attain_api.leaderboards.router import router as leaderboards
from attain_api.metric_imports.router import router as metric_imports
from attain_api.metrics.router import router as metrics
from attain_api.middleware import RequestLayer, RequestMetrics
from attain_api.oidc.router import router as oidc
from attain_api.openapi import INFO, document
from attain_api.ops.page import router as ops_page
from attain_api.ops.router import router as ops
from attain_api.origins import let_in
from attain_api.passwords.router import router as passwords
from attain_api.people.router import router as people
from attain_api.personal_data.router import router as personal_data
from attain_api.positions.router import router as positions
from attain_api.raters.router import router as raters
from attain_api.recognitions.router import router as recognitions
from attain_api.reference.page import router as docs_page
from attain_api.reminders.router import router as reminders
from attain_api.review_cycles.router import router as review_cycles
from attain_api.review_exports.router import router as review_exports
from attain_api.reviews.action_router import router as review_actions
from attain_api.reviews.assessment_router import router as review_assessments
from attain_api.reviews.router import router as reviews
from attain_api.rubrics.router import router as rubrics
from attain_api.scorecards.router import router as scorecards
from attain_api.sessions.router import router as sessions
from attain_api.settings import split
from attain_api.shops.router import router as shops
from attain_api.state import ApiState
from attain_api.webhooks.delivery_router import router as webhook_deliveries
from attain_api.webhooks.router import router as webhooks
from attain_shared.telemetry import describe_process, watch_pool

ROUTERS: tuple[APIRouter, ...] = (
    batches,  # routes are tried in turn, and most requests are pushes
    health,
    access,
    sessions,
    invitations,
    passwords,
    oidc,
    companies,
    headcounts,  # its /stats, before the departments take that for an id
    departments,
    positions,
    blueprints,
    people,
    personal_data,
    shops,
    item_sets,
    connectors,
    metrics,
    findings,
    metric_imports,
    cycles,
    event_calendar,
    rubrics,
    kpi_templates,
    goals,
    entries,
    attainments,
    explanations,
    cascade,
    reviews,
    decisions,
    calibration,
    review_assessments,
    review_actions,
    interviews,
    action_items,
    improvement_plans,
    feedback,
    check_ins,
    recognitions,
    reminders,
    company_values,
    review_cycles,
    review_exports,
    raters,
    goal_checks,
    scorecards,
    leaderboards,
    alerts,
    alert_rules,
    events,
    webhooks,
    webhook_deliveries,
    audit,
    ops,
    ops_page,
    docs_page,
    console_page,
)

log = structlog.get_logger(__name__)

_UNTRACED = frozenset({"/livez", "/readyz", "/metrics"})


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: ApiState = app.state.attain
    beside = [asyncio.ensure_future(run()) for run in state.beside]
    for task in beside:
        task.add_done_callback(_tell_of_end)
    yield
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    await state.aclose()


def _tell_of_end(task: asyncio.Future[None]) -> None:
    """What runs beside the application ends with it: one that ends before is missed by nobody else."""
    if not task.cancelled():
        log.error("a task beside the application has ended", exc_info=task.exception())


def create_app(state: ApiState) -> FastAPI:
    """The whole API over this state; the state is let go of when the application shuts down."""
    app = FastAPI(
        title=INFO["title"],
        version=INFO["version"],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        telemetry={
            "tracing": state.settings.otlp_endpoint is not None,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
            "exclude": lambda scope: scope["path"] in _UNTRACED,
        },
    )
    app.state.attain = state
    describe_process(state.registry, "attain-api")
    watch_pool(state.registry, state.engine)
    listening = Gauge("attain_event_streams", "Who listens to events.", registry=state.registry)
    listening.set_function(lambda: state.feed.listening)
    state.counters = Counters(state.registry)
    app.add_middleware(RequestLayer, metrics=RequestMetrics(state.registry, state.traffic))
    let_in(app, split(state.settings.cors_origins))
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = contract()
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the schema
    turn = asyncio.Lock()

    written: list[bytes] = []

    async def describe(_request: Request) -> Response:
        async with turn:  # it takes seconds, once: not on the loop, where all else would wait for it
            if not written:
                written.append(await asyncio.to_thread(lambda: json.dumps(openapi(), separators=(",", ":")).encode()))
        return Response(written[0], media_type="application/json")

    app.add_route("/v1/openapi.json", describe, include_in_schema=False)
    return app


def contract() -> dict[str, Any]:
    """The OpenAPI document: it follows from the routes alone."""
    bare = FastAPI(generate_unique_id_function=_operation_id)
    for router in ROUTERS:
        bare.include_router(router)
    return document(bare.routes)


def _operation_id(route: APIRoute) -> str:
    return route.name
