// SPDX-License-Identifier: MIT
/// keep-token: keeps a learned word, for find-token.
///
/// Warns    when it cannot be kept
#include "graph/registry.h"
#include "nodes/learning/token_file.h"

namespace nodes {
namespace {

class KeepToken final : public graph::Node {
 public:
  static constexpr graph::In<Token> kToken{"token", "as it was learned"};
  static constexpr graph::In<std::string> kKey{"key", "of find-token"};
  static graph::Contract contract() {
    return graph::Contract("keep-token", "Keeps a learned word, so that it need not be learned again.", kToken, kKey)
        .family("learning")
        .resource("io")
        .sink()
        .example("keep: {type: keep-token, in: {token: learn.token, key: find.key}}");
  }

  explicit KeepToken(const graph::Props& /*props*/) {}

  void open() override { cache_ = TokenCache::from_environment(); }

  void process(graph::Context& cx) const override {
    if (!cache_) return;
    try {
      cache_->keep(cx.get(kKey), cx.get(kToken));
    } catch (const std::runtime_error& e) {
      cx.warn(std::string("the word is not kept: ") + e.what() + "; DECOUPAGE_CACHE names another folder");
    }
  }

 private:
  std::optional<TokenCache> cache_;
};

}  // namespace

void register_keep_token(graph::Registry& registry) {
  registry.add<KeepToken>();
}

}  // namespace nodes
