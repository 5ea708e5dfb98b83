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

/// Loads a picture that kSheet made; an item whose seed it had not fails.
inline constexpr const char* kMissing = R"(graph: missing
params:
  seed: {type: int, default: 0}
nodes:
  load: {type: load-image, path: "made/pictures/000${seed}.png"}
  save: {type: save-image, path: "{seed}.png", in: {image: load.image}}
)";

}  // namespace testing_cli
