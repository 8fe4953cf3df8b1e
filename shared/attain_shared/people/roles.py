"""Roles in a company (SEC-2) and kinds of employment (ORG-3). Manager and head are relations, not roles."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody may be in a company."""

    ADMIN = "admin"
    HR = "hr"
    EXECUTIVE = "executive"
    EMPLOYEE = "employee"


class EmploymentType(StrEnum):
    """How somebody is employed."""

    EMPLOYEE = "employee"
    OUTSOURCED = "outsourced"
    INTERN = "intern"
