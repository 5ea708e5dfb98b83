// SPDX-License-Identifier: MIT
#include "graph/elements.h"

namespace graph {
namespace {

/// A param as a value on a link: for inputs, and to meet a value that a node makes (see `first`).
class ValueNode final : public Node {
 public:
  static constexpr Prop<std::int64_t> kInt{.name = "int", .help = "a whole number", .value = 0};
  static constexpr Prop<double> kFloat{.name = "float", .help = "a number", .value = 0.0};
  static constexpr Prop<bool> kBool{.name = "bool", .help = "true or false", .value = false};
  static constexpr Prop<std::string> kString{.name = "string", .help = "a text", .value = ""};
  static constexpr Out<std::int64_t> kIntOut{.name = "int", .shape = "the int", .given = "int"};
  static constexpr Out<double> kFloatOut{.name = "float", .shape = "the float", .given = "float"};
  static constexpr Out<bool> kBoolOut{.name = "bool", .shape = "the bool", .given = "bool"};
  static constexpr Out<std::string> kStringOut{.name = "string", .shape = "the string", .given = "string"};

  static Contract contract() {
    return Contract("value", "Sends what its properties say: each by a port of its name, where it is given.", kIntOut,
                    kFloatOut, kBoolOut, kStringOut, kInt, kFloat, kBool, kString)
        .family("flow")
        .example("size: {type: value, int: $width}");
  }
  explicit ValueNode(const Props& props)
      : int_(props.get(kInt)), float_(props.get(kFloat)), bool_(props.get(kBool)), string_(props.get(kString)) {}

  void process(Context& cx) const override {
    cx.send(kIntOut, std::int64_t{int_});
    cx.send(kFloatOut, double{float_});
    cx.send(kBoolOut, bool{bool_});
    cx.send(kStringOut, std::string(string_));
  }

 private:
  const std::int64_t int_;
  const double float_;
  const bool bool_;
  const std::string string_;
};

}  // namespace

void add_value(Registry& registry) {
  registry.add<ValueNode>();
}

}  // namespace graph
