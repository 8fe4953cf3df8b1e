// The language that somebody reads, and the words of the areas that are loaded in it.

const KEY = "attain-console-language";
const LANGUAGES = { en: "en", zh: "zh-CN" };

const preferred = () => ((navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en");
const kept = localStorage.getItem(KEY);

/** `en` or `zh`. */
export const language = kept in LANGUAGES ? kept : preferred();
/** As headers and `lang` name it. */
export const locale = LANGUAGES[language];
export const otherLanguage = language === "en" ? "zh" : "en";

const words = {};

/** Load the words of areas, `words/<language>/<area>.js`, unless they are there. */
export async function loadWords(...areas) {
  const wanted = areas.filter((area) => !(area in words));
  const loaded = await Promise.all(wanted.map((area) => import(`./words/${language}/${area}.js`)));
  wanted.forEach((area, place) => (words[area] = loaded[place].default));
}

/** What to say, by `<area>.<key>`, with `{name}` filled in from the values; an unknown code is shown as it is. */
export function t(key, values = {}) {
  const found = key.split(".").reduce((part, name) => part?.[name], words);
  if (typeof found !== "string") return key.split(".").at(-1);
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Read on in the other language: the whole page anew, at the same place. */
export function switchLanguage() {
  localStorage.setItem(KEY, otherLanguage);
  location.reload();
}
