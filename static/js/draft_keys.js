// Under what name a draft is kept. No page is needed.

const BEGINNING = "draft:";

/** Of one person: the next one at this browser must not find what is kept under it. */
export const draftKey = (person, address) => `${BEGINNING}${person}:${address}`;

export const isDraftKey = (key) => key.startsWith(BEGINNING);
