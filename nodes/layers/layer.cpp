// SPDX-License-Identifier: MIT
/// layer: takes a layer of a collage apart, so that what it says can be linked to other nodes.
///
/// Notes    what a layer has not is not sent: a prompt where it has a picture, a file of a learned word
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class SplitLayer final : public graph::Node {
 public:
  static constexpr graph::In<Layer> kLayer{"layer", "of load-collage"};
  static constexpr graph::Out<std::string> kText{"text", "its words in the prompt"};
  static constexpr graph::Out<std::string> kPrompt{"prompt", "what is drawn in the place of a picture"};
  static constexpr graph::Out<std::int64_t> kSeed{"seed", "of the noise that it is drawn from"};
  static constexpr graph::Out<bool> kDrawn{"drawn", "whether it is"};
  static constexpr graph::Out<graph::FilePath> kEmbedding{"embedding", "the file of its learned word"};
  static constexpr graph::Out<bool> kLearn{"learn", "whether a word is to be learned from it"};
  static constexpr graph::Out<double> kNoise{"noise", "in [0,1], once it has a picture; likewise those below"};
  static constexpr graph::Out<double> kAttention{"attention", "in [0,1]"};
  static constexpr graph::Out<double> kNegativeAttention{"negative_attention", "in [0,1]"};
  static constexpr graph::Out<double> kEdge{"edge", "in [0,1]"};
  static graph::Contract contract() {
    return graph::Contract("layer", "Takes a layer of a collage apart.", kLayer, kText, kPrompt, kSeed, kDrawn,
                           kEmbedding, kLearn, kNoise, kAttention, kNegativeAttention, kEdge)
        .family("layers")
        .example("l: {type: layer, in: {layer: each.layer}}");
  }

  explicit SplitLayer(const graph::Props& /*props*/) {}

  void process(graph::Context& cx) const override {
    const Layer& layer = cx.get(kLayer);
    const layering::Layer& written = *layer.layer;
    cx.send(kText, std::string(written.text));
    const bool drawn = written.image.empty();
    cx.send(kDrawn, bool{drawn});
    cx.send(kSeed, std::int64_t{written.seed});
    if (drawn) cx.send(kPrompt, std::string(written.prompt));
    if (!written.embedding.empty()) cx.send(kEmbedding, graph::FilePath{written.embedding});
    cx.send(kLearn, bool{written.learn});
    if (!layer.cut) return;
    cx.send(kNoise, double{layer.strengths.noise});
    cx.send(kAttention, double{layer.strengths.attention});
    cx.send(kNegativeAttention, double{layer.strengths.negative_attention});
    cx.send(kEdge, double{layer.strengths.edge});
  }
};

}  // namespace

void register_layer(graph::Registry& registry) {
  registry.add<SplitLayer>();
}

}  // namespace nodes
