// SPDX-License-Identifier: MIT
#pragma once

/// Graph files that the tests of the command run: small pictures, so that a run takes milliseconds.
namespace testing_cli {

inline constexpr const char* kDots = R"(graph: dots
about: One small picture per seed.
params:
  prompt:  {type: string, default: "a cat", about: what to draw}
  seed:    {type: int, default: 0, min: 0, max: 1000000}
  scale:   {type: float, default: 1.0, min: 0.05, max: 50}
  noisy:   {type: bool, default: false, about: no effect}
  style:   {type: string, default: noise, choices: [noise, plain]}
nodes:
  noise: {type: draw-noise, seed: $seed, width: 16, height: 12, style: $style, scale: $scale}
  save:  {type: save-image, path: "{seed}-{scale}-{noisy}-{prompt}-{style}.png", in: {image: noise.image}}
)";

/// A picture per seed, and one of all of them.
inline constexpr const char* kSheet = R"(graph: sheet
params:
  seed:   {type: int, default: 0}
  width:  {type: int, default: 16}
nodes:
  noise: {type: draw-noise, seed: $seed, width: $width, height: 12, style: noise}
  small: {type: resize, width: 8, height: 8, in: {image: noise.image}}
  save:  {type: save-image, path: "pictures/{seed:04}.png", in: {image: small.image}}
  sheet: {type: contact-sheet, cell: 16, in: {image: small.image}}
  show:  {type: save-image, path: "sheet.png", in: {image: sheet.image}}
)";

/// A paper per seed, of a colour that chance picks from a file, one behind a loop that picks in each of its turns, and
/// one of all of them. A sweep of `late` shares the first turns.
inline constexpr const char* kPicked = R"(graph: picked
params:
  seed:    {type: int, default: 0}
  late:    {type: int, default: 8}
  colours: {type: path, default: colours.txt}
nodes:
  colour: {type: pick, file: $colours, seed: $seed}
  paper:  {type: draw-noise, style: painted, seed: $seed, width: 16, height: 12, in: {palette: colour.text}}
  grow:
    type: loop
    steps: 3
    state: {image: paper.image}
    nodes:
      other: {type: pick, file: $colours}
      piece: {type: draw-noise, style: painted, width: 8, height: 12, in: {palette: other.text}}
      beside: {type: stitch, in: {first: state.image, second: piece.image}}
      late:  {type: resize, width: $late, height: 12, in: {image: beside.image}, when: {from: 0.9}}
    next: {image: late.image}
    out: {image: late.image}
  save:  {type: save-image, path: "{seed}-{late}.png", in: {image: grow.image}}
  sheet: {type: contact-sheet, cell: 16, in: {image: grow.image}}
  show:  {type: save-image, path: "sheet.png", in: {image: sheet.image}}
)";
inline constexpr const char* kColours = "cream\nblush\nnight\nsea\nleaf\nplum\nrose\n";

/// Loads a picture that kSheet made; an item whose seed it had not fails.
inline constexpr const char* kMissing = R"(graph: missing
params:
  seed: {type: int, default: 0}
nodes:
  load: {type: load-image, path: "made/pictures/000${seed}.png"}
  save: {type: save-image, path: "{seed}.png", in: {image: load.image}}
)";

}  // namespace testing_cli
