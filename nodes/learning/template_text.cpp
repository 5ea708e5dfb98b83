// SPDX-License-Identifier: MIT
/// template-text: what is learned in one of the texts with which textual inversion shows things, by chance: "a photo of
/// a …", "a close-up photo of the …" and 25 more.
///
/// Errors   neither a text nor a word
/// Source   the published program of Gal et al. 2022: its 27 texts for objects. Chained: Python's random.choice
#include <array>

#include "graph/registry.h"
#include "nodes/draws.h"
#include "nodes/values.h"

namespace nodes {
namespace {

constexpr std::array<const char*, 27> kObjectTexts{
    "a photo of a ",         "a rendering of a ",      "a cropped photo of the ", "the photo of a ",
    "a photo of a clean ",   "a photo of a dirty ",    "a dark photo of the ",    "a photo of my ",
    "a photo of the cool ",  "a close-up photo of a ", "a bright photo of the ",  "a cropped photo of a ",
    "a photo of the ",       "a good photo of the ",   "a photo of one ",         "a close-up photo of the ",
    "a rendition of the ",   "a photo of the clean ",  "a rendition of a ",       "a photo of a nice ",
    "a good photo of a ",    "a photo of the nice ",   "a photo of the small ",   "a photo of the weird ",
    "a photo of the large ", "a photo of a cool ",     "a photo of a small "};

class TemplateText final : public graph::Node {
 public:
  static constexpr graph::In<Streams> kStreamsIn{"streams", "to draw from, in the place of the seed", true};
  static constexpr graph::Out<std::string> kText{"text", "with the thing at its end"};
  static constexpr graph::Out<Streams> kStreams{"streams", "behind what was drawn"};
  static constexpr graph::Prop<std::string> kThing{.name = "text", .help = "what is shown: red boat"};
  static constexpr graph::Prop<std::string> kWord{
      .name = "word", .help = "that stands before it, being learned: <krk>", .value = ""};
  static constexpr graph::Prop<std::int64_t> kSeed{
      .name = "seed", .help = "of the choice, where no streams are linked", .value = 0};
  static graph::Contract contract() {
    return graph::Contract("template-text", "Puts a thing's name into one of 27 texts about photos, by chance.",
                           kStreamsIn, kText, kStreams, kThing, kWord, kSeed)
        .family("learning")
        .example("prompt: {type: template-text, text: red boat, word: <krk>, seed: $seed}");
  }

  explicit TemplateText(const graph::Props& props)
      : thing_(joined(props.get(kWord), props.get(kThing))), seed_(props.get(kSeed)) {
    if (thing_.empty()) throw graph::PropertyError(kThing.name, "is empty, and there is no word");
  }

  void process(graph::Context& cx) const override {
    Draws draws(cx, cx.find(kStreamsIn), seed_);
    cx.send(kText, kObjectTexts[draws.python().choice(kObjectTexts.size())] + thing_);
    cx.send(kStreams, draws.rest());
  }

 private:
  static std::string joined(const std::string& word, const std::string& text) {
    return word.empty() || text.empty() ? word + text : word + " " + text;
  }

  const std::string thing_;
  const std::int64_t seed_;
};

}  // namespace

void register_template_text(graph::Registry& registry) {
  registry.add<TemplateText>();
}

}  // namespace nodes
