// SPDX-License-Identifier: MIT
// A good plugin, until it is loaded a second time.
#include "graph/plugin.h"

namespace {

class Twice final : public graph::Node {
 public:
  static constexpr graph::In<double> kX{"x", "float"};
  static constexpr graph::Out<double> kY{"y", "float, 2·x"};
  static graph::Contract contract() { return {"twice", "Doubles a number.", kX, kY}; }
  void process(graph::Context& cx) const override { cx.send(kY, 2 * cx.get(kX)); }
};

}  // namespace

DECOUPAGE_PLUGIN(registry) {
  registry.add<Twice>();
}
