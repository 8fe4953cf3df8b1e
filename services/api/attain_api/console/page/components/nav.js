// The bar at the top and the way between pages.

import { otherLanguage, switchLanguage, t } from "../language.js";
import { to } from "../router.js";
import { signOut } from "../session.js";
import { html } from "../view.js";
import { Icon } from "./icons.js";

const icon = new URL("../icon.svg", import.meta.url);

export const LanguageSwitch = () => html`
  <button type="button" class="quiet" lang=${otherLanguage === "zh" ? "zh-CN" : "en"} onClick=${switchLanguage}>
    <${Icon} name="globe" />${otherLanguage === "zh" ? "中文" : "English"}
  </button>`;

export const TopBar = ({ me }) => html`
  <header class="bar">
    <a class="brand" href=${to()} aria-label="Attain"><img src=${icon} alt="" width="28" height="28" /><span>Attain</span></a>
    <span class="who"><strong>${me.name}</strong> <span class="muted">${me.company.name}</span></span>
    <${LanguageSwitch} />
    <button type="button" class="quiet" aria-label=${t("shell.signOut")} onClick=${signOut}><${Icon} name="out" /><span class="wide">${t("shell.signOut")}</span></button>
  </header>`;

export const Nav = ({ pages, current }) => html`
  <nav class="pages" aria-label=${t("shell.pages")}>
    <ul>
      ${pages.map(
        ({ name, icon: shape }) => html`
          <li key=${name}>
            <a href=${to(name)} aria-current=${name === current ? "page" : null}>
              <${Icon} name=${shape} /><span>${t(`shell.nav.${name}`)}</span>
            </a>
          </li>`,
      )}
    </ul>
  </nav>`;
