// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <sstream>

#include "tools/train_embedded/chance.h"
#include "tools/train_embedded/scene.h"

namespace train_embedded {
namespace {

using Texts = std::vector<std::string>;

const Texts& ground_texts(Ground ground) {
  static const std::array<Texts, 5> kTexts{{{"in the sky", "under a blue sky", "in front of the sky"},
                                            {"by the sea", "at sea", "at the sea"},
                                            {"on a meadow", "in a meadow", "in the grass"},
                                            {"at night", "in the night", "under the stars"},
                                            {"on # paper", "on # paper", "on a # ground"}}};
  return kTexts[static_cast<std::size_t>(ground)];
}

const Texts& style_texts(Style style) {
  static const std::array<Texts, 2> kTexts{
      {{"paper cut", "paper collage", "cut from paper"}, {"painted", "painting", "watercolour"}}};
  return kTexts[static_cast<std::size_t>(style)];
}

/// "an orange sun"
std::string subject_text(const Subject& subject, const std::string& article) {
  const std::string colour = kColours[static_cast<std::size_t>(subject.colour)].name;
  std::string text = article == "a" && colour == "orange" ? "an" : article;
  if (!text.empty()) text += ' ';
  return text + colour + ' ' + kKinds[static_cast<std::size_t>(subject.kind)];
}

std::string ground_text(const Scene& scene, std::size_t variant) {
  std::string text = ground_texts(scene.ground)[variant];
  if (const std::size_t at = text.find('#'); at != std::string::npos)
    text.replace(at, 1, kColours[static_cast<std::size_t>(scene.paper)].name);
  return text;
}

std::string subjects_text(const Scene& scene, const std::string& article) {
  const std::string first = subject_text(scene.subjects[0], article);
  const std::string second = scene.subjects.size() == 2 ? subject_text(scene.subjects[1], article) : "";
  switch (scene.places) {
    case Places::kLeft:
      return first + " on the left";
    case Places::kRight:
      return first + " on the right";
    case Places::kLeftAndRight:
      return first + " on the left and " + second + " on the right";
    case Places::kRightAndLeft:
      return first + " on the right and " + second + " on the left";
    case Places::kAbove:
      return first + " above " + second;
    case Places::kBelow:
      return first + " below " + second;
    case Places::kLeftAndAbove:
      return first + " on the left and " + second + " above it";
    case Places::kRightAndAbove:
      return first + " on the right and " + second + " above it";
    default:
      return second.empty() ? first : first + " and " + second;
  }
}

/// A word that means nothing to the grammar: the model is to learn not to mind it.
std::string strange_word(Chance& chance) {
  std::string word;
  const int length = 3 + chance.below(6);
  for (int i = 0; i < length; ++i) word += static_cast<char>('a' + chance.below(26));
  return word;
}

}  // namespace

std::string caption(const Scene& scene, std::uint64_t seed) {
  Chance chance(imaging::mix(seed, 3));
  if (chance.happens(0.1)) return "";
  const double which = chance.unit();
  std::string text = subjects_text(scene, which < 0.7 ? "a" : which < 0.85 ? "the" : "");
  const auto one_of = [&](const Texts& texts) {
    return static_cast<std::size_t>(chance.below(static_cast<int>(texts.size())));
  };
  const bool comma = scene.places != Places::kUntold && chance.happens(0.5);
  if (chance.happens(0.88)) text += (comma ? ", " : " ") + ground_text(scene, one_of(ground_texts(scene.ground)));
  if (chance.happens(0.75)) text += ", " + style_texts(scene.style)[one_of(style_texts(scene.style))];
  if (chance.happens(0.06)) text += ", " + strange_word(chance);
  return text;
}

std::string full_caption(const Scene& scene) {
  return subjects_text(scene, "a") + (scene.places == Places::kUntold ? " " : ", ") + ground_text(scene, 0) + ", " +
         style_texts(scene.style)[0];
}

std::vector<std::string> caption_words() {
  constexpr std::uint64_t kCaptions = 4000;
  std::vector<std::string> words;
  for (std::uint64_t i = 0; i < kCaptions; ++i) {
    std::string text = caption(compose(i), i);
    std::ranges::replace(text, ',', ' ');
    std::istringstream stream(text);
    for (std::string word; stream >> word;) words.push_back(word);
  }
  // Strange words are met once or twice.
  std::map<std::string, int> counts;
  for (const std::string& word : words) ++counts[word];
  std::erase_if(words, [&](const std::string& word) { return counts[word] < 10; });
  return words;
}

}  // namespace train_embedded
