// SPDX-License-Identifier: MIT
#include <stdexcept>
#include <utility>

#include "imaging/paper/paper.h"
#include "imaging/resize.h"

namespace imaging {
namespace {

cv::Vec3f vec(const cv::Scalar& colour) {
  return {static_cast<float>(colour[0]), static_cast<float>(colour[1]), static_cast<float>(colour[2])};
}

struct Named {
  const char* name;
  const char* colours;
};

// Main, second, dark, light.
constexpr Named kPalettes[] = {
    {"cream", "#f3e7cf,#eedcba,#d9c096,#fbf5e6"}, {"blush", "#f2cdb8,#eab49f,#d3907c,#fae6da"},
    {"dawn", "#f6c489,#f0a878,#d98560,#fde3bd"},  {"sun", "#f7bf3a,#f29b26,#d9731c,#fbdc7c"},
    {"clay", "#d9743f,#c85a36,#9c3f2b,#eda06b"},  {"rose", "#cf4f55,#b73a4d,#862741,#e68a84"},
    {"plum", "#7d3f63,#653257,#43213f,#a8678a"},  {"night", "#2b3a63,#223053,#141d38,#4d6390"},
    {"sea", "#2f6f92,#25587f,#173d5e,#66a5bd"},   {"sky", "#a9cfdb,#8fbdd0,#6c9fba,#d7ebee"},
    {"mint", "#c3dcc3,#a5cbb4,#7fae9a,#e4f0dc"},  {"teal", "#2f8580,#216c70,#144a53,#6fb5a6"},
    {"leaf", "#5f9144,#47793c,#2d5631,#9dbb62"},  {"moss", "#8b9440,#707c35,#4d5a2a,#b9b96a"},
    {"ochre", "#d3a13f,#bb8434,#8e5f29,#e9c878"}, {"earth", "#7c5138,#643f2f,#412a22,#a97b57"},
};

}  // namespace

const std::vector<std::string>& palette_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Named& palette : kPalettes) names.emplace_back(palette.name);
    return names;
  }();
  return kNames;
}

Palette palette_named(const std::string& text) {
  std::string colours = text;
  for (const Named& palette : kPalettes) {
    if (text == palette.name) colours = palette.colours;
  }
  if (colours.empty() || colours[0] != '#') throw std::invalid_argument("no palette '" + text + "'");
  std::vector<cv::Vec3f> list;
  for (std::size_t begin = 0; begin <= colours.size();) {
    const std::size_t end = std::min(colours.find(',', begin), colours.size());
    list.push_back(vec(colour_named(colours.substr(begin, end - begin))));
    begin = end + 1;
  }
  if (list.size() > 4) throw std::invalid_argument("'" + text + "' has more than four colours");
  const cv::Vec3f main = list[0], white(1, 1, 1);
  if (list.size() < 2) list.push_back(main * 0.9f);
  if (list.size() < 3) list.push_back(main * 0.7f);
  if (list.size() < 4) list.push_back(main * 0.6f + white * 0.4f);
  return {list[0], list[1], list[2], list[3]};
}

}  // namespace imaging
