// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "graph/elements.h"
#include "graph/registry.h"
#include "graph/shape.h"

/// Small node types over int values for the tests of graph/. Every call is counted: fake::calls("add").
namespace fake {
/// A value with a length: loops run over it.
using Ints = std::vector<std::int64_t>;
}  // namespace fake

DECOUPAGE_VALUE_LIST(fake::Ints, "ints");

namespace fake {

/// Thread-safe counts of calls, by node type and by node id.
class Calls {
 public:
  static Calls& all() {
    static Calls calls;
    return calls;
  }
  void count(const char* type, const graph::Context& context) {
    const std::lock_guard lock(mutex_);
    ++counts_[type];
    ++counts_[context.node_id()];
  }
  void count(const char* what) {
    const std::lock_guard lock(mutex_);
    ++counts_[what];
  }
  int of(const std::string& type_or_id) {
    const std::lock_guard lock(mutex_);
    return counts_[type_or_id];
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    counts_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> counts_;
};

/// Calls of a node type or of a node since the last clear_calls().
inline int calls(const std::string& type_or_id) {
  return Calls::all().of(type_or_id);
}
inline void clear_calls() {
  Calls::all().clear();
}

/// number: sends its property.
class Number final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kValue{"value", "int"};
  static constexpr graph::Prop<std::int64_t> kNumber{.name = "number", .help = "what to send", .value = 0};
  static graph::Contract contract() { return {"number", "Sends a number.", kValue, kNumber}; }
  explicit Number(const graph::Props& props) : number_(props.get(kNumber)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("number", cx);
    cx.send(kValue, std::int64_t{number_});
  }

 private:
  const std::int64_t number_;
};

/// add: a + b + plus; b need not be linked.
class Add final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::In<std::int64_t> kB{"b", "int", true};
  static constexpr graph::Out<std::int64_t> kSum{"sum", "int"};
  static constexpr graph::Prop<int> kPlus{
      .name = "plus", .help = "added to the sum", .value = 0, .min = -1000, .max = 1000};
  static graph::Contract contract() { return {"add", "Adds numbers.", kA, kB, kSum, kPlus}; }
  explicit Add(const graph::Props& props) : plus_(props.get(kPlus)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("add", cx);
    const std::int64_t* b = cx.find(kB);
    cx.send(kSum, cx.get(kA) + (b ? *b : 0) + plus_);
  }

 private:
  const int plus_;
};

/// multiply: a · b, both needed.
class Multiply final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kA{"a", "int"};
  static constexpr graph::In<std::int64_t> kB{"b", "int"};
  static constexpr graph::Out<std::int64_t> kProduct{"product", "int"};
  static graph::Contract contract() { return {"multiply", "Multiplies two numbers.", kA, kB, kProduct}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("multiply", cx);
    cx.send(kProduct, cx.get(kA) * cx.get(kB));
  }
};

/// nudge: adds `by`, a ramp; when inactive it passes its input on.
class Nudge final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<graph::Ramp> kBy{
      .name = "by", .help = "added, over the node's window", .value = graph::Ramp{1, 1}, .min = -100, .max = 100};
  static graph::Contract contract() {
    return graph::Contract("nudge", "Adds a ramp.", kIn, kOut, kBy).bypass(kOut, kIn);
  }
  explicit Nudge(const graph::Props& props) : by_(props.get(kBy)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("nudge", cx);
    cx.send(kOut, cx.get(kIn) + static_cast<std::int64_t>(by_.at(cx.window())));
  }

 private:
  const graph::Ramp by_;
};

/// sleep: passes its input on after so many milliseconds, one call of a node at a time.
class Sleep final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<double> kFor{
      .name = "for", .help = "how long", .value = 1.0, .min = 0.0, .max = 10000.0, .unit = "ms"};
  static graph::Contract contract() {
    return graph::Contract("sleep", "Passes a number on, later.", kIn, kOut, kFor).concurrency(1);
  }
  explicit Sleep(const graph::Props& props) : for_(props.get(kFor)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("sleep", cx);
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(for_));
    cx.send(kOut, std::int64_t{cx.get(kIn)});
  }

 private:
  const double for_;
};

/// fail: throws when its input is divisible by `every` (0: never), else passes it on.
class Fail final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kEvery{
      .name = "every", .help = "fails on multiples of it; 0: never", .value = 1, .min = 0};
  static graph::Contract contract() { return {"fail", "Throws now and then.", kIn, kOut, kEvery}; }
  explicit Fail(const graph::Props& props) : every_(props.get(kEvery)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("fail", cx);
    const std::int64_t value = cx.get(kIn);
    if (every_ > 0 && value % every_ == 0) throw std::runtime_error("refused " + std::to_string(value));
    cx.send(kOut, std::int64_t{value});
  }

 private:
  const int every_;
};

/// range: 0, 1, … count − 1, a list to loop over.
class Range final : public graph::Node {
 public:
  static constexpr graph::Out<Ints> kValues{"values", "ints"};
  static constexpr graph::Prop<int> kCount{.name = "count", .help = "how many", .min = 0, .max = 100000};
  static graph::Contract contract() { return {"range", "A list of numbers.", kValues, kCount}; }
  explicit Range(const graph::Props& props) : count_(props.get(kCount)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("range", cx);
    Ints values;
    for (int i = 0; i < count_; ++i) values.push_back(i);
    cx.send(kValues, std::move(values));
  }

 private:
  const int count_;
};

/// pick: the element of a list at the loop's turn.
class Pick final : public graph::Node {
 public:
  static constexpr graph::In<Ints> kValues{"values", "ints"};
  static constexpr graph::Out<std::int64_t> kValue{"value", "int"};
  static graph::Contract contract() { return {"pick", "The element of this turn.", kValues, kValue}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("pick", cx);
    cx.send(kValue, std::int64_t{cx.get(kValues).at(static_cast<std::size_t>(cx.turn().index))});
  }
};

/// gather: the sum of many items' numbers; what did not come counts nothing.
class Gather final : public graph::Node {
 public:
  static constexpr graph::Gather<std::int64_t> kValues{"values", "int of many items"};
  static constexpr graph::Out<std::int64_t> kSum{"sum", "int"};
  static graph::Contract contract() { return {"gather", "Adds up many items.", kValues, kSum}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("gather", cx);
    std::int64_t sum = 0;
    for (const graph::Gathered& one : cx.get(kValues)) sum += one.value.empty() ? 0 : one.value.as<std::int64_t>();
    cx.send(kSum, std::move(sum));
  }
};

/// text: sends a string.
class Text final : public graph::Node {
 public:
  static constexpr graph::Out<std::string> kText{"text", "string"};
  static constexpr graph::Prop<std::string> kWords{.name = "words", .help = "what to send", .value = "none"};
  static constexpr graph::Prop<std::string> kStyle{
      .name = "style", .help = "how", .value = "plain", .choices = "plain|loud|soft"};
  static constexpr graph::Prop<bool> kTrim{.name = "trim", .help = "without spaces around", .value = false};
  static graph::Contract contract() { return {"text", "Sends a text.", kText, kWords, kStyle, kTrim}; }
  explicit Text(const graph::Props& props) : words_(props.get(kWords)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("text", cx);
    cx.send(kText, std::string(words_));
  }

 private:
  const std::string words_;
};

/// read: the number in a file.
class Read final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kValue{"value", "int"};
  static constexpr graph::Prop<graph::Path> kFile{.name = "file", .help = "to read"};
  static graph::Contract contract() {
    return graph::Contract("read", "Reads a number from a file.", kValue, kFile).resource("io");
  }
  explicit Read(const graph::Props& props) : file_(props.get(kFile).text) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("read", cx);
    std::int64_t value = 0;
    if (!(std::ifstream(file_) >> value)) throw std::runtime_error("cannot read a number from '" + file_ + "'");
    cx.send(kValue, std::move(value));
  }

 private:
  const std::string file_;
};

/// cast: passes any value on under the type that `as` names.
class Cast final : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kIn{"value", "any"};
  static constexpr graph::Prop<std::string> kAs{.name = "as", .help = "name of the value's type"};
  static constexpr graph::Out<graph::Value> kOut{"value", "as given by `as`", "as"};
  static graph::Contract contract() { return {"cast", "Names the type of a value.", kIn, kOut, kAs}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("cast", cx);
    cx.send(kOut, graph::Value(cx.get(kIn)));
  }
};

/// sink: takes any value; writes nothing.
class Sink final : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kIn{"value", "any"};
  static graph::Contract contract() { return {"sink", "Takes a value.", kIn}; }
  void process(graph::Context& cx) const override { Calls::all().count("sink", cx); }
};

/// write: a number into a file of its own.
class Write final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Prop<graph::Pattern> kFile{.name = "file", .help = "to write", .value = "{node}-{item}.txt"};
  static graph::Contract contract() {
    return graph::Contract("write", "Writes a number to a file.", kIn, kFile).resource("io");
  }
  explicit Write(const graph::Props& props) : file_(props.get(kFile)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("write", cx);
    const std::string text = std::to_string(cx.get(kIn)) + "\n";
    cx.write_file(cx.expand(file_), std::as_bytes(std::span(text)));
  }

 private:
  const graph::Pattern file_;
};

/// together: value + 1, up to eight packets in a call; calls("together/batch") counts the shared calls.
class Together final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() {
    return graph::Contract("together", "Adds one to many at once.", kIn, kOut).batch(8).resource("gpu");
  }
  void process(graph::Context& cx) const override {
    Calls::all().count("together", cx);
    cx.send(kOut, cx.get(kIn) + 1);
  }
  void process_batch(std::span<graph::Context* const> rows) const override {
    Calls::all().count("together/batch", *rows[0]);
    for (graph::Context* row : rows) process(*row);
  }
};

/// count: how often this node has been called for this item (inside a loop: in this loop), from its slot.
class Count final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int", true};
  static constexpr graph::Out<std::int64_t> kOut{"count", "int"};
  static graph::Contract contract() {
    return graph::Contract("count", "Counts its calls.", kIn, kOut).slot<std::int64_t>();
  }
  void process(graph::Context& cx) const override {
    Calls::all().count("count", cx);
    cx.send(kOut, ++cx.slot<std::int64_t>());
  }
};

/// list: 0, 1, … count − 1 as a list, with an empty place where `hole` divides the number (0: nowhere).
class ListOf final : public graph::Node {
 public:
  static constexpr graph::Out<graph::List<std::int64_t>> kValues{"values", "ints"};
  static constexpr graph::Prop<int> kCount{.name = "count", .help = "how many", .min = 0, .max = 10'000'000};
  static constexpr graph::Prop<int> kHole{.name = "hole", .help = "empty where it divides", .value = 0, .min = 0};
  static graph::Contract contract() { return {"list", "A list of numbers.", kValues, kCount, kHole}; }
  explicit ListOf(const graph::Props& props) : count_(props.get(kCount)), hole_(props.get(kHole)) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("list", cx);
    std::vector<graph::Value> places(static_cast<std::size_t>(count_));
    for (int i = 0; i < count_; ++i) {
      if (hole_ == 0 || i % hole_ != 0) places[static_cast<std::size_t>(i)] = graph::Value::of(std::int64_t{i});
    }
    cx.send(kValues,
            graph::List<std::int64_t>(graph::Value::list(graph::value_type<std::int64_t>(), std::move(places))));
  }

 private:
  const int count_, hole_;
};

/// A list as a number whose decimal digits are its elements, 9 for an empty place, behind a 1.
inline std::int64_t digits(const std::vector<graph::Value>& places) {
  std::int64_t number = 1;
  for (const graph::Value& place : places) number = number * 10 + (place.empty() ? 9 : place.as<std::int64_t>());
  return number;
}

/// digits: of a list of numbers below 9.
class Digits final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<std::int64_t>> kValues{"values", "ints"};
  static constexpr graph::Out<std::int64_t> kNumber{"number", "int"};
  static graph::Contract contract() { return {"digits", "Writes a list as a number.", kValues, kNumber}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("digits", cx);
    cx.send(kNumber, digits(cx.get(kValues).value().places()));
  }
};

/// total: the sum of a list, and how many places it has.
class Total final : public graph::Node {
 public:
  static constexpr graph::In<graph::List<std::int64_t>> kValues{"values", "ints"};
  static constexpr graph::Out<std::int64_t> kSum{"sum", "int"};
  static constexpr graph::Out<std::int64_t> kCount{"count", "int"};
  static graph::Contract contract() { return {"total", "Adds up a list.", kValues, kSum, kCount}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("total", cx);
    const graph::List<std::int64_t> values = cx.get(kValues);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values.has(i) ? values[i] : 0;
    cx.send(kSum, std::move(sum));
    cx.send(kCount, static_cast<std::int64_t>(values.size()));
  }
};

/// join: the digits of what comes by several links.
class Join final : public graph::Node {
 public:
  static constexpr graph::Ins<std::int64_t> kParts{"parts", "ints"};
  static constexpr graph::Out<std::int64_t> kNumber{"number", "int"};
  static graph::Contract contract() { return {"join", "Joins several numbers.", kParts, kNumber}; }
  void process(graph::Context& cx) const override {
    Calls::all().count("join", cx);
    cx.send(kNumber, digits(cx.get(kParts).value().places()));
  }
};

/// odd: whether a number is.
class Odd final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<bool> kOut{"odd", "bool"};
  static graph::Contract contract() { return {"odd", "Tells odd numbers.", kIn, kOut}; }
  void process(graph::Context& cx) const override { cx.send(kOut, cx.get(kIn) % 2 != 0); }
};

/// bound: `number` + `plus`; it is opened once, and bound for what links feed. calls("open"), calls("bind") count.
class Bound final : public graph::Node {
 public:
  static constexpr graph::Out<std::int64_t> kSum{"sum", "int"};
  static constexpr graph::Prop<std::int64_t> kNumber{.name = "number", .help = "what", .value = 0, .min = 0, .max = 99};
  static constexpr graph::Prop<double> kPlus{.name = "plus", .help = "added", .value = 0.0};
  static constexpr graph::Prop<std::string> kFixed{.name = "fixed", .help = "no link", .value = "", .feedable = false};
  static graph::Contract contract() {
    return graph::Contract("bound", "Sends a number.", kSum, kNumber, kPlus, kFixed).mixed_properties().batch(8);
  }
  explicit Bound(const graph::Props& props) : number_(props.get(kNumber)), plus_(props.get(kPlus)) {}
  void open() override {
    Calls::all().count("open");
    opened_ = true;
  }
  std::unique_ptr<graph::Node> bind(const graph::Props& props) const override {
    Calls::all().count("bind");
    auto bound = std::make_unique<Bound>(*this);
    bound->number_ = props.get(kNumber);
    bound->plus_ = props.get(kPlus);
    return bound;
  }
  void process(graph::Context& cx) const override {
    if (!opened_) throw std::logic_error("not opened");
    Calls::all().count("bound", cx);
    cx.send(kSum, number_ + static_cast<std::int64_t>(plus_));
  }

 private:
  std::int64_t number_;
  double plus_;
  bool opened_ = false;
};

/// rows: passes a number on; it is so many rows of a batch of up to 24. calls("rows/batch") counts calls.
class RowsOf final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static constexpr graph::Prop<int> kRows{.name = "rows", .help = "of the batch", .value = 1, .min = 1};
  static graph::Contract contract() {
    return graph::Contract("rows", "Passes numbers on together.", kIn, kOut, kRows).batch(24).resource("network");
  }
  explicit RowsOf(const graph::Props& props) : rows_(props.get(kRows)) {}
  int rows(const graph::Context&) const override { return rows_; }
  void process_batch(std::span<graph::Context* const> rows) const override {
    Calls::all().count("rows/batch");
    if (static_cast<int>(rows.size()) * rows_ > 24) throw std::logic_error("more rows than the batch has");
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    for (graph::Context* row : rows) row->send(kOut, std::int64_t{row->get(kIn)});
  }

 private:
  const int rows_;
};

/// find: the path of a file, as a node that listed or read it sends it.
class Find final : public graph::Node {
 public:
  static constexpr graph::Out<graph::FilePath> kPath{"path", "the file's"};
  static constexpr graph::Prop<graph::Path> kFile{.name = "file", .help = "to find"};
  static graph::Contract contract() { return {"find", "Finds a file.", kPath, kFile}; }
  explicit Find(const graph::Props& props) : file_(props.get(kFile).text) {}
  void process(graph::Context& cx) const override { cx.send(kPath, graph::FilePath{file_}); }

 private:
  const std::string file_;
};

/// third: a number modulo 3.
class Third final : public graph::Node {
 public:
  static constexpr graph::In<std::int64_t> kIn{"value", "int"};
  static constexpr graph::Out<std::int64_t> kOut{"value", "int"};
  static graph::Contract contract() { return {"third", "Modulo three.", kIn, kOut}; }
  void process(graph::Context& cx) const override { cx.send(kOut, cx.get(kIn) % 3); }
};

/// All of the above, and the engine's own.
/// Structured settings, sent as they are read: JSON.
class Plot final : public graph::Node {
 public:
  static graph::Shape records() {
    using graph::Shape;
    const Shape title = Shape::map({{"text", Shape::text(), "the words"}}).called("title");
    return Shape::list_of(
               Shape::map({{"name", Shape::text(), "what it is called"},
                           {"weight", Shape::number().at_least(0).at_most(8), "beside the others'", "1"},
                           {"kind", Shape::text().choices("cosine|linear"), "how it falls off", "\"cosine\""},
                           {"at", Shape::list_of(Shape::whole()).sized(2, 2).or_null(), "where", {}, "px"},
                           {"title", Shape::one_of({Shape::text(), title}), "above it", "\"\""},
                           {"file", Shape::path().or_null(), "its picture"}})
                   .called("record"))
        .sized(1);
  }
  static constexpr graph::Prop<graph::Data> kRecords{
      .name = "records", .help = "what is drawn", .value = R"([{"name": "one"}])", .shape = records};
  static constexpr graph::Out<std::string> kOut{"json", "the records as they are read"};
  static graph::Contract contract() { return graph::Contract("plot", "Sends records as JSON.", kOut, kRecords); }
  explicit Plot(const graph::Props& props) : json_(graph::to_text(props.get(kRecords))) {}
  void process(graph::Context& cx) const override {
    Calls::all().count("plot", cx);
    cx.send(kOut, std::string(json_));
  }

 private:
  const std::string json_;
};

inline void register_all(graph::Registry& registry) {
  graph::add_elements(registry);
  registry.add<Plot>();
  registry.add<ListOf>();
  registry.add<Digits>();
  registry.add<Total>();
  registry.add<Join>();
  registry.add<Odd>();
  registry.add<Bound>();
  registry.add<RowsOf>();
  registry.add<Find>();
  registry.add<Third>();
  registry.add<Number>();
  registry.add<Add>();
  registry.add<Multiply>();
  registry.add<Nudge>();
  registry.add<Sleep>();
  registry.add<Fail>();
  registry.add<Range>();
  registry.add<Pick>();
  registry.add<Gather>();
  registry.add<Text>();
  registry.add<Read>();
  registry.add<Cast>();
  registry.add<Sink>();
  registry.add<Write>();
  registry.add<Together>();
  registry.add<Count>();
}

/// One registry for all tests.
inline const graph::Registry& registry() {
  static const graph::Registry all = [] {
    graph::Registry made;
    register_all(made);
    return made;
  }();
  return all;
}

}  // namespace fake
