"""What a page weighs for a browser that comes for the first time, and that the style sheet it gets is all it needs."""

from typing import Literal

from playwright.sync_api import BrowserContext, StorageState

from datasets_ui.management.commands.vendor import WHOLE
from tests.e2e.conftest import NewContext
from tests.e2e.steps import SLUG, Dashboard

DOCUMENTS, SEGMENTS = 20, 100
PARAGRAPH = "The status light is amber while the device starts, and green once it has found the network. "
LOOKED_AT: dict[Literal["dark", "light"], list[str]] = {
    "light": ["{dataset}", "{document}segments/{segment}/edit/", "{home}/keys/new/"],
    "dark": ["{document}", "{home}/activity/"],
}
# What differs between the sheet that is served and another: the styles of each element, and of what is drawn before and after it, as the
# browser works them out. Variables aside: whatever uses one shows it.
DIFFERENCES = """async (address) => {
  const styles = () => [...document.querySelectorAll("body, body *")].flatMap((element) =>
    ["", "::before", "::after", "::placeholder"].map((part) => {
      const style = getComputedStyle(element, part)
      if (part && part !== "::placeholder" && style.content === "none") return [element, part, []]
      return [element, part, [...style].filter((name) => !name.startsWith("--")).map((name) => `${name}: ${style[name]}`)]
    }))
  const before = styles()
  const link = document.querySelector('link[href*="tabler"]')
  await new Promise((done) => { link.onload = done; link.href = address })
  const after = styles()
  if (after.length !== before.length) return ["another number of elements"]
  return before.flatMap(([element, part, told], index) => {
    const changed = told.filter((one, place) => one !== after[index][2][place])
    return changed.length || told.length !== after[index][2].length ? [`${element.outerHTML.slice(0, 80)} ${part} ${changed.slice(0, 3)}`] : []
  })
}"""


def cold(context: BrowserContext, address: str) -> list[float]:
    """The bytes over the wire of each answer to a first visit."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    page.close()
    return sizes


def test_a_cold_page_of_documents(dashboard: Dashboard, new_context: NewContext, signed_in: StorageState) -> None:
    dashboard.new_dataset("Weight")
    dashboard.new_documents({f"Manual {number}.txt": (PARAGRAPH,) for number in range(DOCUMENTS)})
    sizes = cold(new_context(storage_state=signed_in), dashboard.address)
    assert len(sizes) <= 14
    assert 50_000 < sum(sizes) <= 80_000


def test_a_cold_page_of_a_hundred_segments(dashboard: Dashboard, new_context: NewContext, signed_in: StorageState) -> None:
    dashboard.new_dataset("Weight")
    made = dashboard.new_document("book.txt", *(f"Number {number}. {PARAGRAPH}" for number in range(SEGMENTS)))
    context, address = new_context(storage_state=signed_in), dashboard.document_address(made)
    assert context.request.get(address).text().count("<article") == SEGMENTS
    sizes = cold(context, address)
    assert len(sizes) <= 14
    assert 50_000 < sum(sizes) <= 95_000


def test_the_whole_style_sheet_would_change_nothing(dashboard: Dashboard) -> None:
    """What `make vendor` leaves out matches nothing on these pages, and sets no variable that something uses."""
    page = dashboard.page
    dashboard.new_dataset("Styles")
    made = dashboard.new_document("book.txt", PARAGRAPH, "Another one.")
    segment = dashboard.segments(made)[0]["id"]
    home, one = f"{dashboard.demo.origin}/w/{SLUG}", dashboard.document_address(made)
    page.route("**/static/whole.css", lambda route: route.fulfill(path=WHOLE / "tabler.min.css"))
    found = {}
    for theme, addresses in LOOKED_AT.items():
        page.emulate_media(color_scheme=theme)
        for address in addresses:
            address = address.format(dataset=dashboard.address, document=one, segment=segment, home=home)
            page.goto(address, wait_until="networkidle")
            found[address] = page.evaluate(DIFFERENCES, "/static/whole.css")
    assert {address: differences for address, differences in found.items() if differences} == {}
