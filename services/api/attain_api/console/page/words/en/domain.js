export default {
  "finding": {
    "aov_mismatch": "Sales are not the average order value × paying buyers",
    "conversion_mismatch": "Conversion is not paying buyers / visitors",
    "final_below_realtime": "The final figure is below the realtime one",
    "tenfold": "About ten times what is usual",
    "days_disagree": "The days do not add up to the period"
  },
  "status": {
    "on_track": "On track",
    "at_risk": "At risk",
    "off_track": "Off track",
    "met": "Met",
    "missed": "Missed",
    "undecided": "Undecided",
    "open": "Open",
    "no_data": "No data"
  },
  "goalState": {
    "draft": "Draft",
    "submitted": "Submitted",
    "returned": "Returned",
    "confirmed": "Confirmed",
    "closed": "Closed",
    "cancelled": "Cancelled"
  },
  "goal": "Goal",
  "goals": "Goals",
  "weight": "Weight",
  "score": "Score",
  "performance": "Performance",
  "forecast": "Forecast",
  "standing": "Status",
  "state": "State",
  "cycle": "Cycle",
  "indicator": "Indicator",
  "actual": "Actual",
  "target": "Target",
  "attainment": "Attainment",
  "coverage": "Data coverage",
  "verdict": "Verdict",
  "shop": "Shop",
  "metric": "Metric",
  "person": "Person",
  "department": "Department",
  "company": "Company",
  "manager": "Manager"
};
