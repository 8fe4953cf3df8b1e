"""The department functions (ORG-1), with their labels."""

from enum import StrEnum


class DepartmentFunction(StrEnum):
    """What a department does."""

    OPERATIONS = "operations"
    DESIGN = "design"
    CUSTOMER_SERVICE = "customer_service"
    LOGISTICS = "logistics"
    PRODUCT = "product"
    PLANNING = "planning"
    MARKETING = "marketing"
    CRM = "crm"
    DATA = "data"
    TECHNOLOGY = "technology"
    PURCHASING = "purchasing"
    FINANCE = "finance"
    HR = "hr"
    MANAGEMENT = "management"
