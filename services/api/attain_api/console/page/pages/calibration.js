// Calibration (REV-8): the groups of a round against their limits, and the board of one group.

import { list } from "../api.js";
import { useAsked } from "../asked.js";
import { Picker } from "../components/form.js";
import { Page } from "../components/page.js";
import { Asked, Empty } from "../components/states.js";
import { t } from "../language.js";
import { go, to } from "../router.js";
import { html } from "../view.js";
import { Board } from "./calibration/board.js";
import { Groups } from "./calibration/groups.js";

const askRounds = async () => (await list("/v1/review-cycles")).filter(({ state }) => state !== "draft").reverse();

function Rounds({ roundId }) {
  const asked = useAsked(askRounds, []);
  const round = asked.data?.find(({ id }) => id === roundId) ?? asked.data?.[0];
  const picker = round && html`
    <${Picker} label=${t("reviews.round")} options=${asked.data.map(({ id, name }) => [id, name])} value=${round.id} onPick=${(id) => go(to("calibration", id))} />`;
  return html`
    <${Page} title=${t("shell.nav.calibration")} intro=${t("calibration.intro")} actions=${picker}>
      <${Asked} of=${asked}>
        ${() => (round ? html`<${Groups} key=${round.id} round=${round} />` : html`<${Empty} title=${t("calibration.noRound")} />`)}
      <//>
    <//>`;
}

export default function Calibration({ rest: [roundId, groupId] }) {
  return groupId ? html`<${Board} roundId=${roundId} groupId=${groupId} />` : html`<${Rounds} roundId=${roundId} />`;
}
