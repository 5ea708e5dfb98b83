// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// The small visual grammar that the embedded model speaks: one or two coloured subjects on a ground, cut from paper or
/// painted.
namespace train_embedded {

enum class Kind { kSun, kMoon, kStar, kHouse, kTree, kFlower, kFish, kBoat, kHeart, kMountain };
inline constexpr std::array kKinds{"sun",    "moon", "star", "house", "tree",
                                   "flower", "fish", "boat", "heart", "mountain"};

struct Colour {
  const char* name;
  cv::Vec3f rgb;  ///< in [0,1]
};
inline const std::array<Colour, 8> kColours{{{"red", {0.84f, 0.16f, 0.17f}},
                                             {"orange", {0.95f, 0.52f, 0.13f}},
                                             {"yellow", {0.98f, 0.82f, 0.20f}},
                                             {"green", {0.25f, 0.60f, 0.27f}},
                                             {"blue", {0.15f, 0.38f, 0.80f}},
                                             {"purple", {0.50f, 0.25f, 0.66f}},
                                             {"pink", {0.95f, 0.55f, 0.70f}},
                                             {"white", {0.97f, 0.96f, 0.93f}}}};

enum class Ground { kSky, kSea, kMeadow, kNight, kPaper };
enum class Style { kPaperCut, kPainted };

struct Subject {
  Kind kind{};
  int colour = 0;           ///< of kColours
  double x = 0.5, y = 0.5;  ///< its middle, fractions of the picture's side
  double size = 0.5;        ///< of the square around it, likewise
  double turn = 0.0;        ///< radians
  bool mirrored = false;
};

/// Where subjects stand, where a caption says so. Of two, the first word is about the first.
enum class Places {
  kUntold,  ///< one in the middle, or the first on the left and the second on the right
  kLeft,
  kRight,
  kLeftAndRight,
  kRightAndLeft,
  kAbove,          ///< the first above the second
  kBelow,          ///< the first below the second
  kLeftAndAbove,   ///< the first on the left, the second above it
  kRightAndAbove,  ///< the first on the right, the second above it
};

struct Scene {
  std::uint64_t seed = 0;  ///< of what is left to chance in drawing it
  Style style{};
  Ground ground{};
  int paper = 0;  ///< colour of a ground of paper
  std::vector<Subject> subjects{};
  Places places = Places::kUntold;
};

/// What a scene is to show.
struct Order {
  struct Part {
    Kind kind;
    int colour;
  };
  std::vector<Part> parts;  ///< one or two
  Ground ground{};
  int paper = 0;
  Style style{};
  Places places = Places::kUntold;  ///< of one or of two, as there are parts
};

/// Pairs of subject and colour that training never sees: a test can ask for what nobody has shown.
bool held_out(Kind kind, int colour);
/// The same of two subjects on one picture.
bool held_out(const std::vector<Order::Part>& parts);
/// Whether the eye can tell a subject of that colour from the ground.
bool stands_out(int colour, Ground ground, int paper);

/// The scene of that number, the same on every machine.
Scene compose(std::uint64_t number);
/// A scene of given subjects; where they stand, within their places, is left to chance.
Scene arrange(const Order& order, std::uint64_t seed);

/// A text that says what the scene shows, not always all of it; now and then an empty one.
std::string caption(const Scene& scene, std::uint64_t seed);
/// The text that says all of it, as a person would write it.
std::string full_caption(const Scene& scene);
/// Words that captions are made of, each as often as it is likely to be met.
std::vector<std::string> caption_words();

}  // namespace train_embedded
