// SPDX-License-Identifier: MIT
/// load-token: a learned word of a file, for insert-tokens and text-encode.
///
/// Errors   a file that is not there, is no .safetensors (a .pt is a pickle, and never read) or holds other things than
///          vectors
/// Source   Gal et al. 2022 (textual inversion)
#include "graph/registry.h"
#include "nodes/services.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class LoadToken final : public graph::Node {
 public:
  static constexpr graph::Out<Token> kToken{"token", "(n,width) f32 for each text encoder"};
  static constexpr graph::Prop<graph::Path> kPath{
      .name = "path", .help = "a .safetensors file: clip_l and clip_g, or one tensor of any name"};
  static graph::Contract contract() {
    return graph::Contract("load-token", "Reads a learned word.", kToken, kPath)
        .family("layers")
        .resource("io")
        .example("token: {type: load-token, path: cat.safetensors}");
  }

  LoadToken(const graph::Props& props, const std::shared_ptr<Services>& services)
      : services_(services), path_(props.get(kPath).text) {}

  void open() override {
    const models::TextualInversion learned = services_->learned(path_);
    token_ = {learned.token, learned.clip_l, learned.clip_g};
  }

  void process(graph::Context& cx) const override { cx.send(kToken, Token(token_)); }

 private:
  const std::shared_ptr<Services> services_;
  const std::string path_;
  Token token_;
};

}  // namespace

void register_load_token(graph::Registry& registry, const std::shared_ptr<Services>& services) {
  registry.add<LoadToken>(services);
}

}  // namespace nodes
