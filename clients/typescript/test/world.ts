import { randomUUID } from "node:crypto";
import { Attain, idempotent, type Fetch, type SignIn } from "@attain/client";

/** Where the suite's server is, and who makes companies there: `python -m deploy.local exec` says so. */
export const baseUrl = need("ATTAIN_URL");
const operator = { email: need("ATTAIN_EMAIL"), password: need("ATTAIN_PASSWORD") };

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the suite by \`make clients\``);
  return value;
}

/** A company of a test file's own, seen by its administrator. */
export interface World {
  admin: SignIn;
  attain: Attain;
}

export async function makeWorld(): Promise<World> {
  const admin = { email: `${randomUUID()}@example.com`, password: "correct horse battery staple" };
  const platform = new Attain({ baseUrl });
  await platform.signIn(operator);
  await platform.post("/v1/companies", {
    params: { header: idempotent() },
    body: { name: "某某公司", admin_email: admin.email, admin_password: admin.password },
  });
  return { admin, attain: await signedIn(admin) };
}

export async function signedIn(who: SignIn, fetch?: Fetch): Promise<Attain> {
  const attain = new Attain({ baseUrl, ...(fetch && { fetch }) });
  await attain.signIn(who);
  return attain;
}

/** A shop whose sales a goal of the company is about. */
export interface Told {
  shopId: string;
  goalId: string;
  /** Pushes a day's sales; the batch, which the goal may not show yet. */
  push(value: string): Promise<string>;
}

export async function makeGoal({ attain }: World): Promise<Told> {
  const shop = await attain.post("/v1/shops", {
    params: { header: idempotent() },
    body: { platform: "tmall", external_id: "shop", name: "某某旗舰店" },
  });
  const cycle = await attain.post("/v1/cycles", {
    params: { header: idempotent() },
    body: { kind: "month", starts_on: "2025-07-01", name: "2025-07" },
  });
  const goal = await attain.post("/v1/goals", {
    params: { header: idempotent() },
    body: {
      cycle_id: cycle.data.id,
      owner: { type: "company" },
      title: "提升销售",
      weight: "100",
      indicators: [
        { kind: "metric", metric: "gmv", shop_ids: [shop.data.id], direction: "higher_better", target: "1000" },
      ],
    },
  });
  const connector = await attain.post("/v1/connectors", {
    params: { header: idempotent() },
    body: { name: "suite", shop_ids: [shop.data.id], scopes: ["write"] },
  });
  const pusher = new Attain({ baseUrl, apiKey: connector.data.api_key ?? "" });
  return { shopId: shop.data.id, goalId: goal.data.id, push: (value) => pushDay(pusher, value) };
}

async function pushDay(pusher: Attain, value: string): Promise<string> {
  const receipt = await pusher.post("/v1/metric-batches", {
    params: { header: idempotent() },
    body: {
      source: "suite",
      grain: "day",
      observed_at: new Date().toISOString(),
      observations: [{ shop: "tmall:shop", metric: "gmv", bucket: "2025-07-01", value }],
    },
  });
  return receipt.data.id;
}
