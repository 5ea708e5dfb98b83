// SPDX-License-Identifier: MIT
/// fault: passes its input on, and for chosen items makes something go wrong: to try what a run, a script around it or
/// a cluster does about it.
///
/// It throws, runs out of memory, exits, kills or stops the process (until a SIGCONT), or delays the call.
///
/// Errors   as it is told to; a value of another type than `as`
/// Notes    DECOUPAGE_FAULTS does the same to the nodes and files of any graph (docs/reliability.md)
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "base/fault_injection.h"
#include "graph/registry.h"
#include "nodes/values.h"

namespace nodes {
namespace {

class InjectedFault final : public graph::Node {
 public:
  static constexpr graph::In<graph::Value> kIn{"value", "of any type"};
  static constexpr graph::Out<graph::Value> kOut{"value", "what came in", "as"};
  static constexpr graph::Prop<std::string> kAs{.name = "as", .help = "type of the value", .value = "image"};
  static constexpr graph::Prop<std::string> kWhat{
      .name = "what", .help = "goes wrong", .value = "throw", .choices = "throw|memory|exit|kill|stop|delay"};
  static constexpr graph::Prop<std::string> kText{
      .name = "text", .help = "what is thrown", .value = "a fault, as the graph says"};
  static constexpr graph::Prop<double> kSeconds{
      .name = "seconds", .help = "of the delay", .value = 1.0, .min = 0.0, .max = 1e6, .unit = "s"};
  static constexpr graph::Prop<std::int64_t> kNumber{
      .name = "number", .help = "of the item, as a rule its seed", .value = 0};
  static constexpr graph::Prop<std::int64_t> kEvery{
      .name = "every", .help = "of so many numbers one has the fault", .value = 1, .min = 1};
  static constexpr graph::Prop<std::int64_t> kFirst{
      .name = "first", .help = "number that has it, and none below", .value = 0};
  static constexpr graph::Prop<graph::Path> kUntil{
      .name = "until", .help = "a file: once it is there, nothing goes wrong any more", .value = ""};
  static graph::Contract contract() {
    return graph::Contract("fault", "Makes chosen items fail, to try what becomes of the run.", kIn, kOut, kAs, kWhat,
                           kText, kSeconds, kNumber, kEvery, kFirst, kUntil)
        .family("testing")
        .sink()
        .example("broken: {type: fault, as: image, number: $seed, every: 100, first: 7, in: {value: picture.image}}");
  }

  explicit InjectedFault(const graph::Props& props)
      : as_(props.get(kAs)),
        what_(props.get(kWhat)),
        text_(props.get(kText)),
        seconds_(props.get(kSeconds)),
        due_(props.get(kNumber) >= props.get(kFirst) &&
             (props.get(kNumber) - props.get(kFirst)) % props.get(kEvery) == 0),
        until_(props.get(kUntil).text) {}

  void process(graph::Context& cx) const override {
    const graph::Value& value = cx.get(kIn);
    if (value.type().name != as_)
      throw std::runtime_error(std::string("a value of the type ") + value.type().name + ": as: " + value.type().name +
                               " passes it on, as: " + as_ + " does not");
    if (due_ && !over()) go_wrong(cx);
    cx.send(kOut, value);
  }

 private:
  bool over() const {
    std::error_code error;
    return !until_.empty() && std::filesystem::exists(until_, error);
  }

  void go_wrong(const graph::Context& cx) const {
    for (const auto& [name, kind] : base::injection::kKinds) {
      if (name == what_) base::injection::happen(kind, text_);
    }
    if (what_ != "delay") return;
    const auto end = graph::Clock::now() + std::chrono::duration<double>(seconds_);
    while (graph::Clock::now() < end) {
      if (cx.cancelled()) throw graph::Cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  const std::string as_, what_, text_;
  const double seconds_;
  const bool due_;
  const std::string until_;
};

}  // namespace

void register_fault(graph::Registry& registry) {
  registry.add<InjectedFault>();
}

}  // namespace nodes
