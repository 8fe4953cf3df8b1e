// A dialog over the page: the browser's own, which keeps the focus within and gives it back.

import { t } from "../language.js";
import { html, useEffect, useRef } from "../view.js";
import { Icon } from "./icons.js";

let count = 0;

/** `${isOpen && html`<${Dialog} title=… onClose=${() => …}>…<//>`}`: shown for as long as it is drawn. */
export function Dialog({ title, onClose, children }) {
  const place = useRef();
  const id = useRef(`dialog-${(count += 1)}`).current;
  useEffect(() => {
    const dialog = place.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`
    <dialog ref=${place} aria-labelledby=${id} onCancel=${cancel}>
      <div class="dialog-head">
        <h2 id=${id}>${title}</h2>
        <button type="button" class="quiet" aria-label=${t("shell.close")} onClick=${onClose}><${Icon} name="cross" /></button>
      </div>
      ${children}
    </dialog>`;
}
