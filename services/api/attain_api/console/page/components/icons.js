// Icons: strokes on a 24 by 24 field; always beside a text, and so hidden from screen readers.

import { html } from "../view.js";

const SHAPES = {
  target: "M12 3a9 9 0 1 0 9 9M12 8a4 4 0 1 0 4 4M12 12l8-8M16 4h4v4",
  team: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.200 2.700 3.500 5.500",
  tree: "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
  review: "M6 3h9l4 4v14H6zM9.500 13l2 2 4-4M15 3v4h4",
  scale: "M12 4v16M7 20h10M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z",
  shop: "M4 10v10h16V10M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0zM10 20v-5h4v5",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l1.500 2h-15zM10 21h4",
  talk: "M4 5h16v11H10l-5 4v-4H4z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  up: "M4 17l6-6 4 4 6-8M15 7h5v5",
  down: "M4 7l6 6 4-4 6 8M15 17h5v-5",
  warn: "M12 4L22 20H2zM12 10v5M12 17.500v.2",
  cross: "M6 6l12 12M18 6L6 18",
  question: "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 17.500v.2",
  dash: "M6 12h12",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.500 2",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  back: "M14 6l-6 6 6 6",
  out: "M14 4H5v16h9M10 12h10M17 8.500l3.500 3.500-3.500 3.500",
  ascending: "M12 20V5M6 11l6-6 6 6",
  descending: "M12 4v15M6 13l6 6 6-6",
  sortable: "M8 9l4-4 4 4M8 15l4 4 4-4",
  right: "M9 6l6 6-6 6",
  below: "M6 9l6 6 6-6",
  star: "M12 3l2.700 5.800 6.300.8-4.600 4.400 1.200 6.300L12 17.200l-5.600 3.100 1.200-6.300L3 9.600l6.300-.8z",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3.500 6 3.500 9s-.5 6-3.500 9c-3-3-3.500-6-3.500-9s.5-6 3.500-9z",
};

/** `<${Icon} name="target" />`. */
export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${SHAPES[name]} />
  </svg>`;
