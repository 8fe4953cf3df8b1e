// Forms: labelled fields, each fault at its field and said once, a button that waits.

import { createContext, html, useContext, useEffect, useRef, useState } from "../view.js";

const Faults = createContext({});
let count = 0;
const useId = (name) => useRef(`${name}-${(count += 1)}`).current;

/** Faults of a 422 by the field that their pointer ends in. */
const byField = (failure) => Object.fromEntries((failure?.errors ?? []).map(({ pointer, detail }) => [pointer, detail]));

/**
 * `<${Form} onSubmit=${async (values, form) => …} failure=${failure}>`: values by field name. While `onSubmit` runs a second
 * one is not begun; `failure` marks the fields that a `422` names by their `pointer`, such as `/reason`, and the first of
 * them takes the focus.
 */
export function Form({ onSubmit, failure, children, ...rest }) {
  const [isBusy, setBusy] = useState(false);
  const place = useRef();
  useEffect(() => place.current.querySelector(".faulty :is(input, select, textarea), .faulty + * :is(input, select)")?.focus(), [failure]);
  async function submit(event) {
    event.preventDefault();
    if (isBusy) return;
    const form = event.currentTarget;
    setBusy(true);
    try {
      await onSubmit(Object.fromEntries(new FormData(form, event.submitter)), form);
    } finally {
      setBusy(false);
    }
  }
  return html`
    <${Faults.Provider} value=${byField(failure)}>
      <form ref=${place} class="form" onSubmit=${submit} aria-busy=${isBusy} ...${rest}>${children}</form>
    <//>`;
}

/** What is wrong with a group of fields, which stand after it. */
export function Fault({ pointers }) {
  const faults = useContext(Faults);
  const told = pointers.map((pointer) => faults[pointer]).filter(Boolean);
  return told.length > 0 && html`<p class="fault faulty">${told.join(" ")}</p>`;
}

function Labelled({ name, label, hint, pointer = `/${name}`, control }) {
  const id = useId(name);
  const fault = useContext(Faults)[pointer];
  const told = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ") || null;
  return html`
    <div class=${fault ? "field faulty" : "field"}>
      <label for=${id}>${label}</label>
      ${control({ id, name, "aria-describedby": told, "aria-invalid": fault ? "true" : null })}
      ${hint && html`<small id=${`${id}-hint`} class="muted">${hint}</small>`}
      ${fault && html`<small id=${`${id}-fault`} class="fault">${fault}</small>`}
    </div>`;
}

/** A line: `<${Field} name="email" label=… type="email" hint=… required />`. */
export const Field = ({ name, label, hint, pointer, ...rest }) => html`
  <${Labelled} ...${{ name, label, hint, pointer }} control=${(shown) => html`<input ...${rest} ...${shown} />`} />`;

/** A text of several lines; `value` is what it begins with. */
export const TextArea = ({ name, label, hint, pointer, value, ...rest }) => html`
  <${Labelled} ...${{ name, label, hint, pointer }}
    control=${(shown) => html`<textarea rows="3" ...${rest} ...${shown} defaultValue=${value ?? ""}></textarea>`} />`;

/** One of `options`, `[[value, text], …]`. */
export const Select = ({ name, label, hint, pointer, options, value, ...rest }) => html`
  <${Labelled} ...${{ name, label, hint, pointer }}
    control=${(shown) => html`
      <select ...${rest} ...${shown}>
        ${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}
      </select>`} />`;

/** `<${Button} onClick=${async () => …}>`: cannot be pressed again until what it does is done. */
export function Button({ primary = false, danger = false, quiet = false, type = "button", onClick, disabled, children, ...rest }) {
  const [isBusy, setBusy] = useState(false);
  const kind = ["button", primary && "primary", danger && "danger", quiet && "quiet"].filter(Boolean).join(" ");
  async function press(event) {
    setBusy(true);
    try {
      await onClick(event);
    } finally {
      setBusy(false);
    }
  }
  return html`
    <button type=${type} class=${kind} disabled=${disabled || isBusy} onClick=${onClick && press} ...${rest}>
      ${children}
    </button>`;
}

/** A choice above a page's data that takes effect at once: `<${Picker} label=… options=… value=… onPick=… />`. */
export function Picker({ label, options, value, onPick }) {
  const id = useId("picker");
  return html`
    <div class="picker">
      <label for=${id}>${label}</label>
      <select id=${id} value=${value} onChange=${(event) => onPick(event.currentTarget.value)}>
        ${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}
      </select>
    </div>`;
}
