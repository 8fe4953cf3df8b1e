"""What is wrong with a cell, in the caller's language."""

from attain_api.messages import Language
from attain_shared.imports.reports import FaultyCell

CELLS_ZH = {
    "lost-digits": "已丢失数字：电子表格只保留 15 位有效数字",
    "not-a-number": "不是数字",
    "unexpected-percent": "是百分数，而该指标不是比率",
    "value-too-long": "超过 20 位数字",
    "not-a-date": "不是日期",
    "not-a-period": "不是一天，也不是整周、整月或整季",
    "outside-days": "超出允许的日期范围",
    "item-missing": "不是商品 ID",
    "not-an-item": "不是商品 ID",
    "not-a-terminal": "不是已知的终端",
    "two-dimensions": "只是商品的一部分，不予保存",
    "shifted-row": "上方没有表头，整行可能错位",
    "repeated-row": "在上方的行中已有",
    "meaningless-then": "所在列的表头在该日期没有对应的指标",
}
"""The end of a sentence that begins with the cell."""


def fault(cell: FaultyCell, language: Language) -> str:
    """What is wrong with a cell, said of its text."""
    return CELLS_ZH[cell.code] if language == "zh-CN" else cell.detail


def sentence(cell: FaultyCell, language: Language) -> str:
    """The same with the cell's text and the header above it."""
    said = fault(cell, language)
    if language == "zh-CN":
        return f"“{cell.header}”列的“{cell.text}”{said}。"
    return f'"{cell.text}" under "{cell.header}" {said}.'
