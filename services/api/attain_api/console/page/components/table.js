// Tables: a caption, heads with scopes, numbers to the right; on a phone they scroll within themselves.

import { html } from "../view.js";

/**
 * `<${Table} caption=… columns=${[{title, cell: (row) => …, number, head}]} rows=${rows} keyOf=${(row) => row.id} />`;
 * the column with `head` names the row. `mark(row)` may give a row a class; `sorted` says how a column is sorted.
 */
export const Table = ({ caption, columns, rows, keyOf, mark, isCaptionShown = false }) => html`
  <div class="scroll" role="group" aria-label=${caption} tabindex="0">
    <table>
      <caption class=${isCaptionShown ? null : "unseen"}>${caption}</caption>
      <thead>
        <tr>${columns.map(({ title, number, sorted }) => html`<th scope="col" class=${number ? "number" : null} aria-sort=${sorted ?? null}>${title}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, place) => html`
            <tr key=${keyOf ? keyOf(row) : place} class=${mark?.(row) ?? null}>
              ${columns.map(({ cell, number, head }) =>
                head
                  ? html`<th scope="row">${cell(row, place)}</th>`
                  : html`<td class=${number ? "number" : null}>${cell(row, place)}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
