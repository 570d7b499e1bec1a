// Where one is in a long list, in the address: a reload, or a link that is passed on, leads back there.

const SETTLED = 300; // milliseconds without scrolling until the address follows

let following = null;

export function keepPlace(row, page) {
  clearTimeout(following);
  following = setTimeout(() => {
    const url = new URL(location.href);
    if (page > 1) url.searchParams.set("page", page);
    else url.searchParams.delete("page");
    history.replaceState({ ...history.state, row }, "", url);
  }, SETTLED);
}

export const leavePlace = () => clearTimeout(following);
