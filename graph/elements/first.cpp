// SPDX-License-Identifier: MIT
#include <algorithm>

#include "graph/elements.h"

namespace graph {
namespace {

/// How branches meet again: of a node that was switched off, or of what it would have fed, nothing comes.
class First final : public Node {
 public:
  static constexpr Ins<Value> kAny{"any", "values of one type, whatever it is"};
  static constexpr Out<Value> kOut{"any", "the first that came, in the order of the links", "", "any"};

  static Contract contract() {
    return Contract("first", "Passes on the first of its inputs by which something came.", kAny, kOut)
        .family("flow")
        .differentiable()
        .example("image: {type: first, in: {any: [redone.image, drawn.image]}}");
  }

  void process(Context& cx) const override {
    const std::vector<Value> places = cx.get(kAny);
    const auto came = std::ranges::find_if(places, [](const Value& value) { return !value.empty(); });
    if (came != places.end()) cx.send(kOut, Value(*came));
  }
};

}  // namespace

void add_first(Registry& registry) {
  registry.add<First>();
}

}  // namespace graph
