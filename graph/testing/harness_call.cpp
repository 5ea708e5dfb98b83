// SPDX-License-Identifier: MIT
#include "graph/testing/harness_call.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "graph/loading/fault_list.h"
#include "graph/pattern.h"
#include "graph/shape.h"

namespace graph {
namespace {

Scalar parse_property(const PropSpec& spec, const std::string& text) {
  const std::size_t dots = text.find("..");
  Scalar value;
  if (spec.kind == Kind::kRamp && dots != std::string::npos) {
    value = Ramp{std::get<double>(parse_scalar(Kind::kFloat, text.substr(0, dots))),
                 std::get<double>(parse_scalar(Kind::kFloat, text.substr(dots + 2)))};
  } else {
    value = parse_scalar(spec.kind, text);
  }
  check_range(value, spec.range);
  const auto* data = std::get_if<Data>(&value);
  return data && spec.range.shape ? Scalar(read_data(*data, *spec.range.shape, "")) : value;
}

Props make_props(const Contract& contract, const NodeHarness::Pairs& pairs) {
  FaultList faults;
  const std::string who = "node '" + contract.type() + "': ";
  std::vector<std::optional<Scalar>> given(contract.props().size());
  std::vector<std::string> names;
  for (const PropSpec& spec : contract.props()) names.push_back(spec.name);
  for (const auto& [name, text] : pairs) {
    const Mark mark{"harness"};
    const int index = contract.find_prop(name);
    if (index < 0) {
      faults.add(mark, who + "no property '" + name + "'" + faults.suggest(name, names));
      continue;
    }
    if (given[index]) faults.add(mark, who + "property '" + name + "' is given twice");
    try {
      given[index] = parse_property(contract.props()[index], text);
    } catch (const std::invalid_argument& e) {
      given[index] = Scalar();
      faults.add(mark, who + "property '" + name + "': " + e.what());
    }
  }
  std::vector<Scalar> values;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const PropSpec& spec = contract.props()[i];
    if (!given[i]) given[i] = spec.value;
    if (!given[i]) faults.add({"harness"}, who + "property '" + spec.name + "' must be given");
    else values.push_back(*given[i]);
  }
  faults.throw_if_any();
  return Props(contract, std::move(values));
}

class HarnessCompletion final : public Completion {
 public:
  explicit HarnessCompletion(std::shared_ptr<HarnessEnding> ending) : ending_(std::move(ending)) {}
  ~HarnessCompletion() override { ending_->end("the deferred call was dropped without done() or fail()"); }
  void done() override { ending_->end(std::nullopt); }
  void fail(const std::string& what) override { ending_->end(what); }

 private:
  std::shared_ptr<HarnessEnding> ending_;
};

}  // namespace

void HarnessEnding::end(std::optional<std::string> why) {
  const base::MutexLock lock(mutex);
  if (ended) return;
  ended = true;
  failure = std::move(why);
  changed.notify_all();
}

void HarnessEnding::wait() {
  const base::MutexLock lock(mutex);
  while (!ended) changed.wait(mutex);
  if (failure) throw std::runtime_error(*failure);
}

HarnessCall::HarnessCall(const NodeType& node_type, const NodeHarness::Pairs& props)
    : type(node_type),
      property_values(make_props(type.contract, props).values()),
      unbound(type.make(Props(type.contract, property_values))),
      instance(unbound.get()),
      values(type.contract.ins().size()),
      several(values.size()),
      packets(values.size()),
      outputs(type.contract.outs().size()),
      wanted(outputs.size(), true),
      id(type.contract.type()) {}

void HarnessCall::open() {
  if (opened) return;
  unbound->open();
  opened = true;
}

void HarnessCall::feed(const std::string& property, const Value& value) {
  const int index = contract().find_prop(property);
  if (index < 0) throw std::logic_error("'" + contract().type() + "' declares no property '" + property + "'");
  const PropSpec& spec = contract().props()[index];
  if (!spec.feedable) throw std::logic_error("no link may feed the property '" + property + "'");
  const std::optional<Scalar> scalar = convert(scalar_of(value), spec.kind);
  if (!scalar) throw std::logic_error("the property '" + property + "' takes " + kind_name(spec.kind));
  check_range(*scalar, spec.range);
  property_values[index] = *scalar;
  const Props props(contract(), property_values);
  if (contract().binds()) {
    open();
    bound = unbound->bind(props);
  } else {
    bound = type.make(props);
    bound->open();
    opened = true;  // the node that no value was fed to is not called
  }
  instance = bound.get();
}

void HarnessCall::prepare() {
  open();
  clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const InSpec& spec = contract().ins()[i];
    const bool there = spec.several ? !several[i].empty() : !values[i].empty();
    if (spec.optional || spec.gather || there) continue;
    throw std::logic_error("input '" + spec.name + "' of '" + contract().type() +
                           "' is required and absent: the engine would not call the node");
  }
}

void HarnessCall::clear() {
  for (Value& value : outputs) value = Value();
  picks.clear();
  told.clear();
  ending.reset();
  rest.clear();
}

void HarnessCall::process() {
  instance->process(*this);
  if (const auto deferred = ending) deferred->wait();
  do_rest();
}

void HarnessCall::do_rest() {
  try {
    for (const auto& left : std::exchange(rest, {})) left();
  } catch (...) {
    clear();
    throw;
  }
}

int HarnessCall::in_index(const std::string& port, bool gather) const {
  const int index = contract().find_in(port);
  if (index >= 0 && contract().ins()[index].gather == gather) return index;
  throw std::logic_error("'" + contract().type() + "' declares no " + (gather ? "gathering " : "") + "input '" + port +
                         "'");
}

int HarnessCall::out_index(const std::string& port) const {
  const int index = contract().find_out(port);
  if (index < 0) throw std::logic_error("'" + contract().type() + "' declares no output '" + port + "'");
  return index;
}

void HarnessCall::check_type(const InSpec& spec, const Value& value) const {
  if (value.empty() || !spec.type || value.type() == *spec.type) return;
  throw std::logic_error("input '" + spec.name + "' of '" + contract().type() + "' takes " + spec.type->name +
                         ", not " + value.type().name);
}

void HarnessCall::write_file(const std::string& name, std::span<const std::byte> bytes) {
  const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
  if (path.empty() || path.is_absolute() || *path.begin() == "..") {
    throw std::runtime_error("'" + name + "' is not below the output folder");
  }
  files[path.string()].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string HarnessCall::expand(const Pattern& pattern) const {
  const auto value = [&](const std::string& field) -> Scalar {
    if (field == "id") return Pattern{"00000000"};
    if (field == "overrides") return Pattern{};
    if (field == "item") return std::int64_t{place.index};
    if (field == "node") return Path{id};
    if (field == "graph") return std::string("harness");
    if (field == "turn") return std::int64_t{own_turn.index};
    if (field == "each") return std::int64_t{own_element.empty() ? 0 : own_element.back()};
    for (const Item::Param& param : place.params) {
      if (param.name == field) return param.value;
    }
    throw std::runtime_error("'{" + field + "}' in '" + pattern.text + "' names no param");
  };
  const auto swept = [&](const std::string& field) {
    return std::ranges::any_of(place.params, [&](const auto& param) { return param.name == field && param.swept; });
  };
  return expand_pattern(pattern.text, {value, swept});
}

std::vector<std::string> HarnessCall::choose_several(const std::string& name,
                                                     const std::function<std::vector<std::string>()>& draw) {
  if (picks.contains(name)) {
    throw std::logic_error("'" + contract().type() + "' picks '" + name + "' twice in one call");
  }
  std::vector<std::string> drawn = draw();
  const auto given = given_picks.find(name);
  return picks[name] = given == given_picks.end() ? std::move(drawn) : given->second;
}

std::shared_ptr<Completion> HarnessCall::defer() {
  if (!contract().deferred())
    throw std::logic_error("the contract of '" + contract().type() + "' does not say defers()");
  ending = std::make_shared<HarnessEnding>();
  return std::make_shared<HarnessCompletion>(ending);
}

void HarnessCall::output(int port, Value value) {
  const OutSpec& spec = contract().outs()[port];
  if (!outputs[port].empty()) throw std::logic_error("two values were sent to '" + spec.name + "' in one call");
  if (spec.type && !value.empty() && !(value.type() == *spec.type)) {
    throw std::logic_error(std::string("a ") + value.type().name + " was sent to '" + spec.name + "', which sends " +
                           spec.type->name);
  }
  outputs[port] = std::move(value);
}

}  // namespace graph
