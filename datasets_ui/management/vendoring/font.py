"""Cuts a font to the letters, weights and features that our pages show; what is left out falls to the system's font."""

from io import BytesIO

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LETTERS = {*range(0x20, 0x100), 0x131, 0x152, 0x153, *range(0x2000, 0x2070), 0x20AC, 0x2122, *range(0x2190, 0x2194), 0x2212}
WEIGHTS = (400, 600)  # from the text's to a heading's
# what browsers do unasked, and figures of one width (font-variant-numeric: tabular-nums); but "->" is shown as it is stored: no `calt`
FEATURES = ["ccmp", "kern", "tnum"]
LICENCE = [13, 14]  # in the font's table of names


def cut(content: bytes) -> bytes:
    """The same bytes each time: the font keeps the date of its source."""
    font = TTFont(BytesIO(content), recalcTimestamp=False)
    options = subset.Options(layout_features=FEATURES, flavor="woff2")
    options.name_IDs = [*options.name_IDs, *LICENCE]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    # after the letters, as it stumbles over some that a subset has lost
    cut_font = instancer.instantiateVariableFont(font, {"wght": WEIGHTS})
    out = BytesIO()
    subset.save_font(cut_font, out, options)
    return out.getvalue()
