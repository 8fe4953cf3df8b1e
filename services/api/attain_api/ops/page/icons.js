// States as shapes: a circle, a triangle, an octagon, a square. Nobody has to tell red from green.

/** The drawing of a state: `ok`, `degraded`, `unavailable` or `unknown`. */
export const icon = (state) =>
  document.getElementById(`icon-${state}`).content.firstElementChild.cloneNode(true);

/** An element with a class, and text or elements in it. */
export function element(name, className, ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}

/** A state in words, beside its shape. */
export function badge(state, text) {
  const drawing = icon(state);
  drawing.setAttribute("aria-hidden", "true");
  const made = element("span", "badge", drawing, element("span", "", text));
  made.dataset.state = state;
  return made;
}
