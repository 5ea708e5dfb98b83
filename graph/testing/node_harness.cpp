// SPDX-License-Identifier: MIT
#include "graph/testing/node_harness.h"

#include <stdexcept>

#include "base/names.h"
#include "graph/mark.h"
#include "graph/testing/harness_call.h"

namespace graph {
namespace {

const NodeType& find_type(const Registry& registry, const std::string& type) {
  if (const NodeType* found = registry.find(type)) return *found;
  throw Faults({{{"harness"}, "no node type '" + type + "'" + base::did_you_mean(type, registry.type_names())}});
}

}  // namespace

NodeHarness::NodeHarness(const Registry& registry, const std::string& type, const Pairs& props)
    : call_(std::make_unique<HarnessCall>(find_type(registry, type), props)) {}
NodeHarness::~NodeHarness() = default;
NodeHarness::NodeHarness(NodeHarness&&) noexcept = default;

NodeHarness& NodeHarness::set_input(const std::string& port, Value value) {
  const int index = call_->in_index(port, false);
  const InSpec& spec = call_->contract().ins()[index];
  call_->check_type(spec, value);
  if (spec.several) throw std::logic_error("'" + port + "' takes several links: use links()");
  call_->values[index] = std::move(value);
  return *this;
}

NodeHarness& NodeHarness::links(const std::string& port, std::vector<Value> places) {
  const int index = call_->in_index(port, false);
  const InSpec& spec = call_->contract().ins()[index];
  if (!spec.several) throw std::logic_error("'" + port + "' takes one link: use in()");
  for (const Value& place : places) call_->check_type(spec, place);
  call_->several[index] = std::move(places);
  return *this;
}

NodeHarness& NodeHarness::set_fed(const std::string& property, const Value& value) {
  call_->feed(property, value);
  return *this;
}

NodeHarness& NodeHarness::gather(const std::string& port, const Item& item, const Value& value) {
  const int index = call_->in_index(port, true);
  call_->check_type(call_->contract().ins()[index], value);
  open();
  call_->packets[index].push_back({item, value.empty() ? value : call_->instance->keep(value)});
  return *this;
}

NodeHarness& NodeHarness::turn(int index, int count) {
  call_->own_turn = {index, count};
  call_->own_turns = {index};
  return *this;
}
NodeHarness& NodeHarness::element(std::vector<int> indices) {
  call_->own_element = std::move(indices);
  return *this;
}
NodeHarness& NodeHarness::window(double place) {
  call_->own_window = place;
  return *this;
}
NodeHarness& NodeHarness::item(Item item) {
  call_->place = std::move(item);
  return *this;
}
NodeHarness& NodeHarness::lane(int lane) {
  call_->own_lane = lane;
  return *this;
}
NodeHarness& NodeHarness::node_id(std::string id) {
  call_->id = std::move(id);
  return *this;
}
NodeHarness& NodeHarness::recipe(std::vector<Text> texts) {
  call_->texts = std::move(texts);
  return *this;
}
NodeHarness& NodeHarness::pick(const std::string& name, std::vector<std::string> picked) {
  call_->given_picks[name] = std::move(picked);
  return *this;
}
NodeHarness& NodeHarness::unwanted(const std::string& port) {
  call_->wanted[call_->out_index(port)] = false;
  return *this;
}
NodeHarness& NodeHarness::record() {
  call_->is_recording = true;
  return *this;
}
NodeHarness& NodeHarness::cancel() {
  call_->is_cancelled = true;
  return *this;
}
NodeHarness& NodeHarness::end_item() {
  call_->slot = Slot();
  return *this;
}

NodeHarness& NodeHarness::open() {
  call_->open();
  return *this;
}
NodeHarness& NodeHarness::run() {
  call_->prepare();
  call_->process();
  return *this;
}

void NodeHarness::run_batch(const std::vector<NodeHarness*>& rows) {
  if (rows.empty()) throw std::logic_error("a batch without rows");
  std::vector<Context*> contexts;
  for (NodeHarness* row : rows) {
    if (&row->call_->type != &rows[0]->call_->type) throw std::logic_error("a batch of several node types");
    row->call_->prepare();
    if (row->batch_key() != rows[0]->batch_key()) {
      throw std::logic_error("batch keys '" + rows[0]->batch_key() + "' and '" + row->batch_key() + "' differ");
    }
    contexts.push_back(row->call_.get());
  }
  try {
    rows[0]->call_->instance->process_batch(contexts);
  } catch (const std::exception&) {
    for (NodeHarness* row : rows) row->call_->clear();
    for (NodeHarness* row : rows) row->call_->process();
  }
  std::exception_ptr first;
  for (NodeHarness* row : rows) {
    try {
      row->call_->do_rest();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

const Value& NodeHarness::output(const std::string& port) const {
  return call_->outputs[call_->out_index(port)];
}
const std::vector<std::string>& NodeHarness::warnings() const {
  return call_->warnings;
}
const std::map<std::string, std::string>& NodeHarness::files() const {
  return call_->files;
}
const std::vector<std::pair<std::string, double>>& NodeHarness::scalars() const {
  return call_->scalars;
}
const std::vector<std::pair<int, int>>& NodeHarness::steps() const {
  return call_->steps;
}
const std::vector<Value>& NodeHarness::previews() const {
  return call_->previews;
}
const std::map<std::string, std::vector<std::string>>& NodeHarness::picks() const {
  return call_->picks;
}

const std::map<std::string, std::string>& NodeHarness::told() const {
  return call_->told;
}
std::string NodeHarness::batch_key() const {
  return call_->instance->batch_key(*call_);
}
const Node& NodeHarness::node() const {
  return *call_->instance;
}

}  // namespace graph
