// A table that is sorted by whichever column somebody chooses.

import { t } from "../language.js";
import { html, useState } from "../view.js";
import { Icon } from "./icons.js";
import { Table } from "./table.js";

const OTHER = { ascending: "descending", descending: "ascending" };

const compare = (one, other) => (typeof one === "string" ? one.localeCompare(other) : one - other);

/** Those without a value come last, whichever way. */
function sort(rows, { by }, way) {
  const [known, unknown] = [rows.filter((row) => by(row) !== null), rows.filter((row) => by(row) === null)];
  const turned = way === "ascending" ? 1 : -1;
  return [...known.sort((one, other) => turned * compare(by(one), by(other))), ...unknown];
}

/** A `Table` whose columns with `by: (row) => a text, a number to sort by, or null` are sorted by a press on their title. */
export function SortableTable({ columns, rows, first = 0, ...rest }) {
  const [{ place, way }, setOrder] = useState({ place: first, way: "ascending" });
  const press = (pressed) => setOrder({ place: pressed, way: pressed === place ? OTHER[way] : columns[pressed].starts ?? "ascending" });
  const shown = columns.map((column, at) =>
    column.by
      ? {
          ...column,
          sorted: at === place ? way : "none",
          title: html`
            <button type="button" class="sort" title=${t("shell.sort")} onClick=${() => press(at)}>
              ${column.title}<${Icon} name=${at === place ? way : "sortable"} size=${13} />
            </button>`,
        }
      : column,
  );
  return html`<${Table} ...${rest} columns=${shown} rows=${sort(rows, columns[place], way)} />`;
}
