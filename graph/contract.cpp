// SPDX-License-Identifier: MIT
#include "graph/contract.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/names.h"
#include "graph/shape.h"

namespace graph {
namespace {

template <class Specs>
int index_of(const Specs& specs, const std::string& name) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

/// Keys that mean something to every node of a graph file.
const std::set<std::string>& reserved() {
  static const std::set<std::string> words{"type", "include", "in", "when", "per", "curated", "about"};
  return words;
}

}  // namespace

/// What decides the type of a port is known before a run.
void Contract::fix_types() {
  for (const OutSpec& out : outs_) {
    if (const int prop = find_prop(out.type_from); prop >= 0) props_[prop].feedable = false;
  }
}

Contract&& Contract::family(std::string name) && {
  family_ = std::move(name);
  return std::move(*this);
}
Contract&& Contract::resource(std::string name) && {
  resource_ = std::move(name);
  return std::move(*this);
}
Contract&& Contract::concurrency(int limit) && {
  concurrency_ = limit;
  return std::move(*this);
}
Contract&& Contract::batch(int limit) && {
  batch_ = limit;
  return std::move(*this);
}
Contract&& Contract::mixed_properties() && {
  mixed_properties_ = true;
  return std::move(*this);
}
Contract&& Contract::fixed_properties() && {
  for (PropSpec& prop : props_) prop.feedable = false;
  return std::move(*this);
}
Contract&& Contract::defers() && {
  deferred_ = true;
  return std::move(*this);
}
Contract&& Contract::sink() && {
  sink_ = true;
  return std::move(*this);
}
Contract&& Contract::differentiable() && {
  differentiable_ = true;
  return std::move(*this);
}
Contract&& Contract::example(std::string yaml) && {
  example_ = std::move(yaml);
  return std::move(*this);
}

bool Contract::closes() const {
  return std::ranges::any_of(ins_, &InSpec::closes);
}

int Contract::find_in(const std::string& name) const {
  return index_of(ins_, name);
}
int Contract::find_out(const std::string& name) const {
  return index_of(outs_, name);
}
int Contract::find_prop(const std::string& name) const {
  return index_of(props_, name);
}

std::shared_ptr<const Shape> Contract::made_shape(Shape (*make)()) {
  return std::make_shared<const Shape>(make());
}

Data Contract::default_data(const char* json, const Range& range) {
  const Data data = parse_data(json, "a default");
  return range.shape ? read_data(data, *range.shape, "") : data;
}

void Contract::add_prop(PropSpec spec, const std::string& choices) {
  spec.range.choices = split_choices(choices);
  props_.push_back(std::move(spec));
}

Contract&& Contract::add_bypass(const std::string& out, const std::string& in) && {
  bypasses_.emplace_back(find_out(out), find_in(in));
  return std::move(*this);
}

void Contract::verify() const {
  const auto refuse = [this](const std::string& what) { throw std::logic_error("node type '" + type_ + "': " + what); };
  if (!base::is_name(type_) || type_ == "loop") refuse("not a name for a node type");
  const auto check_names = [&](const auto& specs, const char* what, bool property) {
    std::set<std::string> seen;
    for (const auto& spec : specs) {
      if (!base::is_name(spec.name)) refuse(std::string(what) + " '" + spec.name + "' is not a name");
      if (!seen.insert(spec.name).second) refuse(std::string(what) + " '" + spec.name + "' is declared twice");
      if (property && reserved().count(spec.name)) refuse("property '" + spec.name + "' is a word of the graph file");
    }
  };
  check_names(ins_, "input", false);
  check_names(outs_, "output", false);
  check_names(props_, "property", true);
  for (const PropSpec& prop : props_) {
    if (prop.kind == Kind::kData && !prop.range.shape) refuse("data '" + prop.name + "' has no shape");
    if (!prop.value) continue;
    try {
      check_range(*prop.value, prop.range);
    } catch (const std::invalid_argument& e) {
      refuse("default of '" + prop.name + "': " + e.what());
    }
  }
  for (const OutSpec& out : outs_) {
    const bool named = find_prop(out.type_from) >= 0 || find_in(out.type_of) >= 0;
    if (!out.type && !named) refuse("output '" + out.name + "' has no type");
    if (!out.given.empty() && find_prop(out.given) < 0) refuse("output '" + out.name + "' depends on no property");
  }
  for (const PropSpec& prop : props_) {
    if (prop.feedable && find_in(prop.name) >= 0)
      refuse("'" + prop.name + "' is an input and a property that links feed");
  }
  for (const auto& [out, in] : bypasses_) {
    if (out < 0 || in < 0) refuse("a bypass names a port that is not declared");
  }
  const bool optimises = std::ranges::any_of(outs_, &OutSpec::optimised);
  if (optimises != closes()) refuse("an output that is optimised and an input that closes come together");
  if (batch_ < 1 || concurrency_ < 0) refuse("limits must be positive");
  if (deferred_ && batch_ > 1) refuse("a deferred node cannot take batches");
}

PropertyError::~PropertyError() = default;  // here, so that all libraries mean the same class

Scalar scalar_of(const Value& value) {
  if (value.type() == value_type<std::int64_t>()) return value.as<std::int64_t>();
  if (value.type() == value_type<double>()) return value.as<double>();
  if (value.type() == value_type<bool>()) return value.as<bool>();
  if (value.type() == value_type<FilePath>()) return Path{value.as<FilePath>().text};
  return value.as<std::string>();
}

const Scalar& Props::at(const char* name) const {
  const int index = contract_->find_prop(name);
  if (index < 0) throw std::logic_error("node type '" + contract_->type() + "' declares no property '" + name + "'");
  return values_[index];
}

}  // namespace graph
