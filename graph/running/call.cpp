// SPDX-License-Identifier: MIT
#include "graph/running/call.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "base/names.h"
#include "base/output_file.h"
#include "base/sha1.h"
#include "graph/pattern.h"
#include "graph/running/checkpoints.h"

namespace graph {
namespace {
const Value kNothing;
}

Call::Call(Environment& environment, const Ready& ready)
    : environment_(environment),
      frame_(ready.frame),
      node_(ready.node),
      spec_(environment.graph.nodes[ready.node]),
      ready_since_(ready.since),
      alone_(ready.alone),
      outputs_(spec_.outs.size()) {}

const Value& Call::input(int port) const {
  const PortRef& ref = spec_.ins[port];
  if (!ref) return kNothing;
  if (!environment_.plan.recording().is_detached(node_, port)) return environment_.given_as_it_is(*frame_, node_, port);
  detached_.resize(spec_.ins.size());
  if (detached_[port].empty()) detached_[port] = environment_.given(*frame_, node_, port);
  return detached_[port];
}

std::vector<Value> Call::inputs(int port) const {
  std::vector<Value> places;
  for (const GraphNode::Several& several : spec_.several) {
    for (int k = 0; several.port == port && k < several.count; ++k) places.push_back(input(several.first + k));
  }
  return places;
}

std::vector<Value> Call::fed() const {
  std::vector<Value> values;
  for (const GraphNode::Fed& fed : spec_.fed) values.push_back(input(fed.in));
  return values;
}

bool Call::switched_on() const {
  if (!spec_.when) return true;
  const auto says = [this](int link, bool wanted) {
    if (link < 0) return true;
    const Value& value = input(link);
    return !value.empty() && value.as<bool>() == wanted;
  };
  return says(spec_.when->if_link, true) && says(spec_.when->unless_link, false);
}

bool Call::complete() const {
  const auto& specs = contract().ins();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const bool chosen = specs[i].either && spec_.ins[i];
    const bool needed = (!specs[i].optional || chosen) && !specs[i].gather && !specs[i].several;
    if (needed && input(static_cast<int>(i)).empty()) return false;
  }
  return std::ranges::none_of(spec_.fed, [this](const GraphNode::Fed& fed) { return input(fed.in).empty(); });
}

const std::vector<Gathered>& Call::gathered(int port) const {
  if (port != gather_port_) throw std::logic_error("port does not gather");
  return gathered_;
}

bool Call::output_wanted(int port) const {
  return environment_.layout.regions[spec_.region].readers[environment_.layout.nodes[node_].first_port + port] > 0 ||
         !environment_.taps[node_].empty();
}

Slot& Call::own_slot() {
  return frame_->kept.slots[environment_.layout.nodes[node_].local];
}

const std::string& Call::node_id() const {
  return spec_.id;
}

const Item& Call::item() const {
  if (!item_) {
    item_ = environment_.plan.describe(environment_.plan.scope(node_) & frame_->scope, frame_->item->item);
    item_->index += environment_.options.first_item;
  }
  return *item_;
}

std::vector<int> Call::turns() const {
  std::vector<int> turns;
  for (const Frame* at = frame_; at->parent != nullptr; at = at->parent) {
    const GraphNode& owner = environment_.graph.nodes[environment_.graph.regions[at->region].owner];
    if (owner.sort == GraphNode::Sort::kLoop) turns.insert(turns.begin(), at->turn.index);
  }
  return turns;
}

double Call::window() const {
  return place_in_window(environment_.plan, spec_, frame_->turn, frame_->item->item).place;
}

std::string Call::expand(const Pattern& pattern) const {
  const auto swept = [&](const std::string& field) {
    const int param = environment_.graph.find_field(spec_, field);
    return param >= 0 && environment_.plan.is_swept(param);
  };
  return expand_pattern(pattern.text, {[&](const std::string& field) { return field_value(pattern, field); }, swept});
}

Scalar Call::field_value(const Pattern& pattern, const std::string& field) const {
  const Graph& graph = environment_.graph;
  if (field == "item") return item().index;
  if (field == "node") return Path{spec_.id};
  if (field == "graph") return graph.name;
  if (field == "turn") return std::int64_t{frame_->turn.index};
  if (field == "each" || field.ends_with(".each")) {
    return std::int64_t{frame_->element.at(each_of_field(graph, spec_.region, field))};
  }
  if (field == "id") return Pattern{id_text()};
  if (field == "overrides") return Pattern{overrides_text(pattern)};
  const int param = graph.find_field(spec_, field);
  if (param < 0) throw std::runtime_error("'{" + field + "}' in '" + pattern.text + "' names no param");
  const Scalar value = environment_.plan.param(param, frame_->item->item);
  if (const auto* path = std::get_if<Path>(&value)) return stem_of(*path);
  return value;
}

/// Texts that the pattern names itself, or that it is made of, stand in the name already.
std::string Call::overrides_text(const Pattern& pattern) const {
  const Graph& graph = environment_.graph;
  const std::vector<std::string> fields = pattern_fields(pattern.text);
  std::vector<std::pair<std::string, Scalar>> settings;
  for (const GivenSetting& given : environment_.options.given) {
    if (given.param < 0) {
      settings.emplace_back(given.name, given.value);
      continue;
    }
    const Param& param = graph.params[given.param];
    for (const Item::Param& own : item().params) {
      if (own.name != param.id) continue;
      const auto* text = std::get_if<std::string>(&own.value);
      const bool there = text && (std::ranges::count(fields, param.id) > 0 || text->find("{overrides") != text->npos);
      if (!there) settings.emplace_back(given.name, own.value);
    }
  }
  return settings_text(settings);
}

/// The same for the same graph and params, so that a run that is repeated gives the same names.
std::string Call::id_text() const {
  const Graph& graph = environment_.graph;
  std::string text = graph.name + '\n';
  for (const auto& file : graph.files) text += file.second + '\n';
  for (const Item::Param& param : item().params) text += param.name + '=' + to_text(param.value) + '\n';
  return base::sha1_hex(text).substr(0, 8);
}

void Call::write_file(const std::string& name, std::span<const std::byte> bytes) {
  const std::string key = std::filesystem::path(name).lexically_normal().string();
  if (base::is_record_name(key))
    throw std::runtime_error("'" + key + "' is a name under which a run keeps its own record; give the file another");
  if (const std::string why = base::name_too_long(key); !why.empty()) throw std::runtime_error(why);
  environment_.claim_file(key);
  Output output{spec_.id, {}, bytes.size()};
  try {
    if (environment_.options.may_write) environment_.options.may_write(key);
    output.path = base::write_output_file(environment_.options.output_dir, name, bytes);
  } catch (...) {  // a call that ran out of memory is made once more
    environment_.release_file(key);
    throw;
  }
  {
    const base::MutexLock lock(frame_->item->mutex);
    frame_->item->outputs.push_back(output);
  }
  add_file(*frame_, environment_.graph, output);
  Event written = event(Event::kOutput);
  written.outputs.push_back(std::move(output));
  environment_.post(std::move(written));
}

std::vector<std::string> Call::choose_several(const std::string& name,
                                              const std::function<std::vector<std::string>()>& draw) {
  if (std::ranges::any_of(picks_, [&](const Pick& pick) { return !pick.told && pick.name == name; })) {
    throw std::logic_error("'" + contract().type() + "' picks '" + name + "' twice in one call");
  }
  Pick pick{node_, name, turns(), frame_->element, item().index, {}};
  const std::vector<std::string>* const given = environment_.given_picks.find(pick);
  pick.item = -1;
  pick.picked = draw();  // in any case, for the sake of what is drawn next
  if (given) pick.picked = *given;
  return picks_.emplace_back(std::move(pick)).picked;
}

void Call::tell(const std::string& name, const std::string& text) {
  std::erase_if(picks_, [&](const Pick& pick) { return pick.told && pick.name == name; });
  picks_.push_back({node_, name, turns(), frame_->element, -1, {text}, true});
}

std::vector<Text> Call::recipe() const {
  if (!environment_.options.recipe) return {};
  std::vector<Pick> picks = picks_around(*frame_);
  picks.insert(picks.end(), picks_.begin(), picks_.end());
  return environment_.options.recipe(node_, item(), picks);
}

void Call::warn(const std::string& text) {
  Event warning = event(Event::kWarning);
  warning.text = text;
  environment_.post(std::move(warning));
}

void Call::step(int i, int n) {
  Event step = event(Event::kStep);
  step.turn = i;
  step.turns = n;
  environment_.post(std::move(step));
}

void Call::scalar(const std::string& name, double value) {
  if (!base::is_name(name)) throw std::logic_error("'" + name + "' is no name for a number that is followed");
  if (!environment_.wanted(Event::kScalar)) return;
  Event scalar = event(Event::kScalar);
  scalar.text = name;
  scalar.number = value;
  scalar.around = turns();
  if (!scalar.around.empty()) scalar.around.pop_back();
  const int loop = loop_around(environment_.graph, spec_.region);
  scalar.count = environment_.first_item(*frame_, loop < 0 ? node_ : loop);
  environment_.post(std::move(scalar));
}

void Call::preview(const Value& value) {
  Event preview = event(Event::kPreview);
  preview.value = value.detached();
  environment_.post(std::move(preview));
}

std::shared_ptr<Completion> Call::defer() {
  if (!defer_) throw std::logic_error("the contract of '" + contract().type() + "' does not say defers()");
  return defer_();
}

}  // namespace graph
