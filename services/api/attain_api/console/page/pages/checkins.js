// Check-ins and feedback: this week's report, earlier ones, those of my people, and what was said to me (CULT-1, CULT-2).

import { html } from "../view.js";
import { CheckInPage } from "./checkins/check_in.js";
import { CheckInsPage } from "./checkins/list.js";

export default function CheckIns({ me, rest }) {
  const [checkInId] = rest;
  return checkInId ? html`<${CheckInPage} checkInId=${checkInId} me=${me} />` : html`<${CheckInsPage} me=${me} />`;
}
