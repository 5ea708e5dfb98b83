// SPDX-License-Identifier: MIT
/// follow: tells a number that came by a link, turn by turn: the progress line shows the last, events have each, and of
/// a loop there are a table and a plot at the end.
///
/// Errors   what comes is no int, float or bool
#include <stdexcept>

#include "base/names.h"
#include "graph/registry.h"

namespace graph {
namespace {

class Follow final : public Node {
 public:
  static constexpr In<Value> kValue{"value", "an int, a float or a bool"};
  static constexpr Prop<std::string> kName{
      .name = "name", .help = "what it is called: loss", .value = "value", .feedable = false};
  static Contract contract() {
    return Contract("follow", "Tells a number from turn to turn, as a curve in the end.", kValue, kName)
        .family("flow")
        .example("loss: {type: follow, name: loss, in: {value: match.loss}}");
  }

  explicit Follow(const Props& props) : name_(props.get(kName, named)) {}

  void process(Context& cx) const override {
    const Value& value = cx.get(kValue);
    if (value.type() == value_type<std::int64_t>()) cx.scalar(name_, static_cast<double>(value.as<std::int64_t>()));
    else if (value.type() == value_type<double>()) cx.scalar(name_, value.as<double>());
    else if (value.type() == value_type<bool>()) cx.scalar(name_, value.as<bool>() ? 1 : 0);
    else throw std::runtime_error(std::string("a ") + value.type().name + " is no number that could be followed");
  }

 private:
  static std::string named(const std::string& name) {
    if (!base::is_name(name)) throw std::invalid_argument("'" + name + "' is not a name (letters, digits, - and _)");
    return name;
  }

  const std::string name_;
};

}  // namespace

void add_follow(Registry& registry) {
  registry.add<Follow>();
}

}  // namespace graph
