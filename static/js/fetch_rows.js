// Asking the server for a page of rows.
import { one } from "./dom.js";
import { gettext } from "./words.js";

/** The section that holds them, or the refusal: why there is no use in asking again. What may go better next time is thrown. */
export async function fetchRows(address, page) {
  const url = new URL(address, location.href);
  url.searchParams.set("page", page);
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  if (answer.headers.has("HX-Redirect")) {
    return { refusal: gettext("You are signed out by now. What you typed is kept in this browser: reload the page and sign in.") };
  }
  if (answer.status === 404) return { refusal: gettext("This document is not there any more, or not yours to see.") };
  const found = one("[data-scroll]", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!answer.ok || !found) throw new Error(`${answer.status} for page ${page}`);
  return { found };
}
