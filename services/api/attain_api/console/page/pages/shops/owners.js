// Whose shop it is today.

import { get } from "../../api.js";
import { useAsked } from "../../asked.js";
import { NONE, percent } from "../../format.js";
import { t } from "../../language.js";

const told = ({ name, share }, _, all) =>
  all.length === 1 ? (name ?? t("shell.formerColleague")) : `${name ?? t("shell.formerColleague")} ${percent(share, 0)}`;

/** Their names, with their shares where there are several. */
export function Owners({ shopId }) {
  const asked = useAsked(() => get(`/v1/shops/${shopId}/owners`), [shopId]);
  const owners = asked.data?.owners ?? [];
  return owners.length ? owners.map(told).join(t("domain.listed")) : NONE;
}
