// The shops whose figures the caller sees, and one of them opened up.

import { html } from "../view.js";
import { ShopsPage } from "./shops/list.js";
import { ShopPage } from "./shops/shop.js";

export default function Shops({ rest, query }) {
  const [shopId] = rest;
  return shopId ? html`<${ShopPage} shopId=${shopId} query=${query} />` : html`<${ShopsPage} />`;
}
