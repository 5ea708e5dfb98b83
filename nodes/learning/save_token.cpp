// SPDX-License-Identifier: MIT
/// save-token: a learned word as a file that text-encode's `embedding` takes, and other programs.
///
/// Notes    .safetensors with clip_l and clip_g for two text encoders, else emb_params
#include "graph/registry.h"
#include "nodes/learning/token_file.h"

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
    cx.write_file(cx.expand(path_), token_bytes(cx.get(kToken), cx.recipe()));
  }

 private:
  const graph::Pattern path_;
};

}  // namespace

void register_save_token(graph::Registry& registry) {
  registry.add<SaveToken>();
}

}  // namespace nodes
