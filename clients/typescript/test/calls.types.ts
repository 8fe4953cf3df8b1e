// never run: the compiler says whether calls are typed as they should be
import type { Attain } from "@attain/client";

export async function misspelt(attain: Attain): Promise<void> {
  const path = { goal_id: "…" };
  const goal = await attain.get("/v1/goals/{goal_id}", { params: { path } });
  // @ts-expect-error no such field
  goal.data.titel;
  // @ts-expect-error which goal?
  await attain.get("/v1/goals/{goal_id}");
  // @ts-expect-error no such path
  await attain.get("/v1/gaols");
  // @ts-expect-error no such field of the body
  await attain.patch("/v1/goals/{goal_id}", { params: { path }, body: { titel: "…" } });
  // @ts-expect-error a field of the body is missing
  await attain.post("/v1/shops", { body: { platform: "tmall" } });
  // @ts-expect-error no such filter
  await attain.get("/v1/shops", { params: { query: { colour: "red" } } });
  // @ts-expect-error not a list
  attain.items("/v1/me");
  // @ts-expect-error may be null
  (await attain.get("/v1/goals/{goal_id}/attainment", { params: { path } })).data.score.length;
}
