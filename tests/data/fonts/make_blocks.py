#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes blocks.ttf with fontTools: a font of blocks for tests, of this project's own, that has ASCII, the letters of
"红色的房子" and Arabic's beh, whose forms at the beginning (wide) and the end (narrow) of a word differ."""
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen


def blocks(width, cells):
    """A glyph of filled cells in a grid of four by four over its width."""
    pen = TTGlyphPen(None)
    for cell in cells:
        x, y = cell % 4 * width // 4, cell // 4 * 200
        for i, point in enumerate([(x, y), (x, y + 180), (x + width // 4 - 10, y + 180), (x + width // 4 - 10, y)]):
            (pen.moveTo if i == 0 else pen.lineTo)(point)
        pen.closePath()
    return pen.glyph()


glyphs = {".notdef": (500, range(16)), "space": (300, []), "latin": (500, [0, 1, 4, 5])}
cmap = {code: "latin" for code in range(0x21, 0x7F)} | {0x20: "space"}
for i, code in enumerate([0x7EA2, 0x8272, 0x7684, 0x623F, 0x5B50]):
    glyphs[f"han{i}"] = (1000, [i, 5, 10, 15 - i])
    cmap[code] = f"han{i}"
glyphs |= {"beh": (600, [0, 1, 2]), "beh.init": (1000, [4, 5, 6]), "beh.fina": (200, [8, 9])}
cmap[0x628] = "beh"

font = FontBuilder(1000, isTTF=True)
font.setupGlyphOrder(list(glyphs))
font.setupCharacterMap(cmap)
font.setupGlyf({name: blocks(*shape) for name, shape in glyphs.items()})
font.setupHorizontalMetrics({name: (width, 0) for name, (width, _) in glyphs.items()})
font.setupHorizontalHeader(ascent=800, descent=-200)
font.setupNameTable({"familyName": "Decoupage Blocks", "styleName": "Regular"})
font.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
font.setupPost()
addOpenTypeFeaturesFromString(font.font, """
languagesystem DFLT dflt;
languagesystem arab dflt;
feature init { script arab; sub beh by beh.init; } init;
feature fina { script arab; sub beh by beh.fina; } fina;
""")
font.font["head"].created = font.font["head"].modified = 0
font.font.recalcTimestamp = False
font.save("blocks.ttf")
