// SPDX-License-Identifier: MIT
/// repeat-token: a learned word several times, for an each whose elements read it on the way to a loss: one for each
/// sample of a batch.
///
/// Notes    the gradients of the copies are added up from the last to the first, whichever is computed first
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class RepeatToken final : public graph::Node {
 public:
  static constexpr graph::In<Token> kToken{"token", "a loop's state"};
  static constexpr graph::Out<graph::List<Token>> kTokens{"tokens", "`times` of it"};
  static constexpr graph::Prop<int> kTimes{.name = "times", .help = "how often", .value = 4, .min = 1, .max = 1024};
  static graph::Contract contract() {
    return graph::Contract("repeat-token", "Sends a word several times, as a list.", kToken, kTokens, kTimes)
        .family("learning")
        .differentiable()
        .example("each-token: {type: repeat-token, times: 4, in: {token: state.token}}");
  }

  explicit RepeatToken(const graph::Props& props) : times_(static_cast<std::size_t>(props.get(kTimes))) {}

  void process(graph::Context& cx) const override {
    std::vector<Token> tokens;
    Token rest = cx.get(kToken);
    for (; tokens.size() + 1 < times_; rest = rest.alias()) tokens.push_back(rest.alias());
    tokens.push_back(rest);
    cx.send(kTokens, graph::List<Token>(tokens));
  }

 private:
  const std::size_t times_;
};

}  // namespace

void register_repeat_token(graph::Registry& registry) {
  registry.add<RepeatToken>();
}

}  // namespace nodes
