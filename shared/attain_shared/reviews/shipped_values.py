"""The values (价值观) that ship (REV-3): customer first and teamwork, each with its five cumulative levels."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from attain_shared.identifiers import new_id
from attain_shared.reviews.models import CompanyValue


@dataclass(frozen=True, slots=True)
class ShippedValue:
    """A value that ships."""

    code: str
    name_zh: str
    name_en: str
    levels: tuple[tuple[str, str], ...]
    """In Chinese and English, from the lowest to the highest."""

    def copy_for(self, company_id: UUID, *, position: int) -> CompanyValue:
        """A company's own copy, for it to change."""
        return CompanyValue(
            company_id=company_id,
            id=new_id(),
            code=self.code,
            name_zh=self.name_zh,
            name_en=self.name_en,
            levels=self.stored_levels(),
            position=position,
            is_active=True,
            version=1,
        )

    def snapshot(self) -> dict[str, Any]:
        """As a round keeps it."""
        return {
            "code": self.code,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "levels": self.stored_levels(),
        }

    def stored_levels(self) -> list[dict[str, Any]]:
        """As tables keep them."""
        return [{"zh": zh, "en": en} for zh, en in self.levels]


SHIPPED = (
    ShippedValue(
        "customer_first",
        "客户第一",
        "Customer first",
        (
            ("尊重他人，随时维护公司形象", "Respects people and guards the company's name"),
            ("微笑面对投诉和委屈，积极主动地为客户解决问题", "Meets complaints with a smile and works at solving them"),
            ("即使不是自己的责任，也不推诿", "Never passes the buck, even where not at fault"),
            (
                "站在客户的立场思考，在坚持原则的基础上让客户和公司都满意",
                "Sees with the customer's eyes and, within principle, leaves customer and company content",
            ),
            ("具有超前服务意识，防患于未然", "Serves ahead of the need"),
        ),
    ),
    ShippedValue(
        "teamwork",
        "团队合作",
        "Teamwork",
        (
            ("积极融入团队，乐于接受帮助，完成分内工作", "Fits in, takes help, does the share"),
            (
                "决策前充分发表意见，决策后言行一致地支持",
                "Speaks up before a decision and stands fully behind it after",
            ),
            (
                "主动分享知识和经验，帮助同事，依靠团队解决问题",
                "Shares knowledge unasked, helps, solves with the team",
            ),
            (
                "善于与不同类型的同事合作，对事不对人",
                "Works well with every kind of colleague, about the matter and not the person",
            ),
            ("有主人翁意识，带动团队的成功、士气和氛围", "Owns the team's success and lifts its spirit"),
        ),
    ),
)
"""In their order."""
