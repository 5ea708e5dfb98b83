// SPDX-License-Identifier: MIT
/// save-token: a learned word as a file that text-encode's `embedding` takes, and other programs.
///
/// Notes    .safetensors with clip_l and clip_g for two text encoders, else emb_params
#include "graph/registry.h"
#include "nodes/values.h"
#include "tensors/safetensors.h"

namespace nodes {
namespace {

class SaveToken final : public graph::Node {
 public:
  static constexpr graph::In<Token> kToken{"token", "as it was learned"};
  static constexpr graph::Prop<graph::Pattern> kPath{
      .name = "path", .help = "of the file, below the output folder", .value = "{node}.safetensors"};
  static graph::Contract contract() {
    return graph::Contract("save-token", "Writes a learned word to a file.", kToken, kPath)
        .family("learning")
        .resource("io")
        .example("save: {type: save-token, path: \"{seed}.safetensors\", in: {token: learn.token}}");
  }

  explicit SaveToken(const graph::Props& props) : path_(props.get(kPath)) {}

  void process(graph::Context& cx) const override {
    const Token& token = cx.get(kToken);
    std::vector<std::pair<std::string, at::Tensor>> arrays;
    if (token.vectors.defined())
      arrays.emplace_back(token.vectors_2.defined() ? "clip_l" : "emb_params", token.vectors.cpu().contiguous());
    if (token.vectors_2.defined()) arrays.emplace_back("clip_g", token.vectors_2.cpu().contiguous());
    std::map<std::string, std::string> texts{{"token", token.word}};
    for (const graph::Text& text : cx.recipe()) texts.emplace(text.keyword, text.text);
    cx.write_file(cx.expand(path_), tensors::safetensors_bytes(arrays, texts));
  }

 private:
  const graph::Pattern path_;
};

}  // namespace

void register_save_token(graph::Registry& registry) {
  registry.add<SaveToken>();
}

}  // namespace nodes
