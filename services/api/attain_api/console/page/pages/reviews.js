// Reviews: what waits for the caller and what they see of others', and one review with the step's form.

import { html } from "../view.js";
import { Inbox } from "./reviews/inbox.js";
import { ReviewPage } from "./reviews/review.js";

export default function Reviews({ me, rest: [id], query }) {
  return id ? html`<${ReviewPage} me=${me} id=${id} />` : html`<${Inbox} me=${me} query=${query} />`;
}
