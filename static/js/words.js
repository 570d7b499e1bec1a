// Sentences in the reader's language. A page in another language than the English of these modules brings Django's catalog with it.
const catalog = globalThis.django;

export const gettext = catalog?.gettext ?? ((text) => text);
export const ngettext = catalog?.ngettext ?? ((one, many, number) => (number === 1 ? one : many));

/** A sentence with its `%(names)s` filled in; numbers as readers write them. */
export const fill = (sentence, values) =>
  sentence.replace(/%\((\w+)\)s/g, (_, name) => (typeof values[name] === "number" ? count(values[name]) : values[name]));

export const count = (number, digits = 0) =>
  number.toLocaleString(document.documentElement.lang || "en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
