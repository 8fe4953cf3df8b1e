// The pages there are: name in the address, icon, whose they are, the areas of words, and the module, loaded when gone to.

const has = (me, ...roles) => roles.some((role) => me.roles.includes(role));
const isPerson = (me) => me.person_id !== null;
const leads = (me) => me.hasTeam || has(me, "hr", "executive");

const PAGES = [
  { name: "goals", icon: "target", isFor: isPerson, words: ["goals"], load: () => import("./pages/goals.js") },
  { name: "team", icon: "team", isFor: leads, words: ["team"], load: () => import("./pages/team.js") },
  { name: "company", icon: "tree", isFor: () => true, words: ["company"], load: () => import("./pages/company.js") },
];

/** Those that the caller is shown; what each shows is the API's to say. */
export const pagesOf = (me) => PAGES.filter(({ isFor }) => isFor(me));
