// The pages there are: name in the address, icon, whose they are, the areas of words, and the module, loaded when gone to.

const has = (me, ...roles) => roles.some((role) => me.roles.includes(role));
const isPerson = (me) => me.person_id !== null;
const calibrates = (me) => me.leads.length > 0 || has(me, "hr", "executive");
const leads = (me) => me.hasTeam || has(me, "hr", "executive");

const PAGES = [
  { name: "goals", icon: "target", isFor: isPerson, words: ["goals"], load: () => import("./pages/goals.js") },
  { name: "checkins", icon: "talk", isFor: isPerson, words: ["checkins", "team"], load: () => import("./pages/checkins.js") },
  { name: "team", icon: "team", isFor: leads, words: ["team"], load: () => import("./pages/team.js") },
  { name: "company", icon: "tree", isFor: () => true, words: ["company", "goals"], load: () => import("./pages/company.js") },
  { name: "alerts", icon: "bell", isFor: () => true, words: ["alerts", "goals"], load: () => import("./pages/alerts.js") },
  { name: "reviews", icon: "review", isFor: isPerson, words: ["reviews"], load: () => import("./pages/reviews.js") },
  { name: "calibration", icon: "scale", isFor: calibrates, words: ["reviews", "calibration"], load: () => import("./pages/calibration.js") },
  { name: "shops", icon: "shop", isFor: () => true, words: ["shops"], load: () => import("./pages/shops.js") },
];

/** Those that the caller is shown; what each shows is the API's to say. */
export const pagesOf = (me) => PAGES.filter(({ isFor }) => isFor(me));
