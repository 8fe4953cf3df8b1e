// Signing in: e-mail and password, and the company where the account has several.

import { Alert } from "./components/states.js";
import { Button, Field, Form, Select } from "./components/form.js";
import { LanguageSwitch } from "./components/nav.js";
import { t } from "./language.js";
import { signIn } from "./session.js";
import { html, useEffect, useState } from "./view.js";

function why(failure) {
  if (failure.code === "company-required") return t("shell.chooseCompany");
  if (failure.status === 0 || failure.status >= 500) return t("shell.unreachable");
  return failure.message;
}

export function SignIn({ onSignedIn }) {
  const [companies, setCompanies] = useState([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => void (document.title = t("shell.signIn") + " · Attain"), []);

  async function submit({ email, password, company }) {
    setTrouble("");
    try {
      await signIn({ email: email.trim(), password, company });
      onSignedIn();
    } catch (failure) {
      if (failure.code === "company-required") setCompanies(failure.problem.companies);
      setTrouble(why(failure));
    }
  }
  return html`
    <main id="main" class="sign-in" tabindex="-1">
      <div class="card">
        <div class="brand"><img src=${new URL("icon.svg", import.meta.url)} alt="" width="36" height="36" /><h1>Attain</h1></div>
        <p class="muted">${t("shell.welcome")}</p>
        <${Form} onSubmit=${submit}>
          <${Field} name="email" label=${t("shell.email")} type="email" autocomplete="username" required />
          <${Field} name="password" label=${t("shell.password")} type="password" autocomplete="current-password" required />
          ${companies.length > 0 &&
          html`<${Select} name="company" label=${t("shell.company")} options=${companies.map((code) => [code, code])} />`}
          <${Alert}>${trouble}<//>
          <${Button} type="submit" primary>${t("shell.signIn")}<//>
        <//>
        <${LanguageSwitch} />
      </div>
    </main>`;
}
