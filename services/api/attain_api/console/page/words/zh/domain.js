export default {
  "finding": {
    "aov_mismatch": "支付金额与客单价×支付买家数不符",
    "conversion_mismatch": "转化率与支付买家数/访客数不符",
    "final_below_realtime": "最终值低于实时值",
    "tenfold": "约为平时的十倍",
    "days_disagree": "各日之和与周期值不符"
  },
  "status": {
    "on_track": "正常",
    "at_risk": "有风险",
    "off_track": "落后",
    "met": "已达成",
    "missed": "未达成",
    "undecided": "未定",
    "open": "进行中",
    "no_data": "无数据"
  },
  "goalState": {
    "draft": "草稿",
    "submitted": "已提交",
    "returned": "已退回",
    "confirmed": "已确认",
    "closed": "已关闭",
    "cancelled": "已取消"
  },
  "goal": "目标",
  "goals": "目标",
  "weight": "权重",
  "score": "得分",
  "performance": "绩效得分",
  "forecast": "预测",
  "standing": "状况",
  "state": "状态",
  "cycle": "周期",
  "indicator": "指标",
  "actual": "实际值",
  "target": "目标值",
  "attainment": "达成率",
  "coverage": "数据覆盖",
  "verdict": "结论",
  "shop": "店铺",
  "metric": "指标",
  "person": "员工",
  "department": "部门",
  "company": "公司",
  "manager": "主管"
};
