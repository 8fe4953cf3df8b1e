"""What tells workers where to look, and others that workers live. Both stand outside the company wall."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, created, name_text


class CompanyWork(Base):
    """A company that may have something to do: workers ask here first, then claim inside that company."""

    __tablename__ = "company_work"
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    wanted_at: Mapped[created]


class WorkerHeartbeat(Base):
    """A worker process and the last time it was seen alive."""

    __tablename__ = "worker_heartbeats"
    worker_id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[name_text]
    started_at: Mapped[created]
    beat_at: Mapped[datetime]
