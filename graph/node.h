// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "graph/clock.h"
#include "graph/contract.h"
#include "graph/item.h"
#include "graph/outlook.h"

namespace graph {

/// Where a loop stands.
struct Turn {
  int index = 0;
  int count = 1;
  /// index / max(count − 1, 1), in [0, 1].
  double progress() const { return static_cast<double>(index) / (count > 1 ? count - 1 : 1); }
};

/// One packet of a Gather port.
struct Gathered {
  Item item;
  Value value;  ///< empty when nothing came: the item failed or the sender was inactive
};

/// What a node picked, by the name that it gives the pick, and where: Context::choose. Or what it told of its work in
/// the same way: Context::tell.
struct Pick {
  int node = -1;  ///< index into Graph::nodes
  std::string name;
  std::vector<int> turns{};    ///< of the loops around the node, the outermost first
  std::vector<int> element{};  ///< in the eaches around it, the outermost first
  std::int64_t item = -1;      ///< whose, where many are gathered; -1: of the one item that a file is of
  std::vector<std::string> picked{};
  bool told = false;  ///< it follows from the item: a run that picks as an earlier one did has no need of it
};

/// A keyword and a text to be kept in a file's metadata.
struct Text {
  std::string keyword;
  std::string text;
};

/// What a deferred call hands to the thread that ends it. Call done() or fail() once; a Completion that is dropped
/// without either fails the call. Thread-safe.
class Completion {
 public:
  virtual ~Completion() = default;
  virtual void done() = 0;
  virtual void fail(const std::string& what) = 0;
};

/// What a call's thread does that is told apart: it moves data between memories, waits for something else, or computes
/// backward, from a loss to gradients.
enum class Phase { kCopy, kWait, kBackward };

/// Time of a call in each phase; what is left of the call is computing forward.
struct PhaseTimes {
  Clock::duration copy{}, wait{}, backward{};
};

/// Notes time from its making to its end. One that is made while another of the same call lives notes nothing: that
/// time is the other's.
class PhaseTimer {
 public:
  PhaseTimer(PhaseTimes& times, bool& running, Phase phase)
      : sum_(running                 ? nullptr
             : phase == Phase::kCopy ? &times.copy
             : phase == Phase::kWait ? &times.wait
                                     : &times.backward),
        running_(running) {
    if (sum_ == nullptr) return;
    running_ = true;
    start_ = Clock::now();
  }
  ~PhaseTimer() {
    if (sum_ == nullptr) return;
    *sum_ += Clock::now() - start_;
    running_ = false;
  }
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  Clock::duration* const sum_;
  bool& running_;
  Clock::time_point start_{};
};

class Node;

/// What a node sees of one call: its inputs, its outputs, its place. One Context belongs to one call on one thread.
class Context {
 public:
  virtual ~Context() = default;

  /// The value at a port. A required one is always there: without it the node is not called.
  template <class T>
  std::conditional_t<detail::kIsList<T>, T, const T&> get(const In<T>& port) const {
    const Value& value = input(in_index(port.name));
    if constexpr (std::is_same_v<T, Value>) return value;
    else return value.template as<T>();
  }
  /// What came by each link of the port, in the order written, of a list its places; a place is empty where nothing
  /// did. Of a port that takes any type: the values as they are.
  template <class T>
  auto get(const Ins<T>& port) const {
    std::vector<Value> places = inputs(in_index(port.name));
    if constexpr (std::is_same_v<T, Value>) return places;
    else return List<T>(Value::list(value_type<T>(), Value::spliced(value_type<T>(), std::move(places))));
  }
  /// Null when nothing came at an optional port.
  template <class T>
  requires(!detail::kIsList<T>) const T* find(const In<T>& port) const {
    const Value& value = input(in_index(port.name));
    return value.empty() ? nullptr : &value.template as<T>();
  }
  template <class T>
  std::optional<List<T>> find(const In<List<T>>& port) const {
    const Value& value = input(in_index(port.name));
    return value.empty() ? std::nullopt : std::optional(value.as<List<T>>());
  }
  /// In the order of the items.
  template <class T>
  const std::vector<Gathered>& get(const Gather<T>& port) const {
    return gathered(in_index(port.name));
  }

  template <class T>
  void send(const Out<T>& port, T value) {
    if constexpr (std::is_same_v<T, Value>) output(out_index(port.name), std::move(value));
    else output(out_index(port.name), Value::of<T>(std::move(value)));
  }
  /// Whether anybody reads the port: costly outputs that nobody reads need not be made.
  template <class T>
  bool wanted(const Out<T>& port) const {
    return output_wanted(out_index(port.name));
  }

  /// State of this node for this item, which its contract declares (Contract::slot, Contract::cache), made at the first
  /// call and kept until the item (inside a loop: the loop) ends; in an each by element, over the turns of the loop
  /// around it. Only one call of an item's node runs at a time. Items that share a loop's first turns go on with copies
  /// of it, so a copy must be worth as much as the original, and neither may change the other: what is held by pointer
  /// (a tensor) is replaced, not written to.
  template <class T>
  T& slot() {
    static_assert(std::is_default_constructible_v<T> && std::is_copy_constructible_v<T>,
                  "what a slot keeps is made empty and copied: T needs a default and a copy constructor");
    if (contract().slot_spec().cpp_name != typeid(T).name()) refuse_slot(typeid(T).name());
    return own_slot().as<T>();
  }

  /// While what it returns lives, the call copies, waits or computes backward: the table of a run, its trace and its
  /// events tell these apart from computing. In a batch any row will do, since the rows share the time.
  ///   const graph::PhaseTimer copying = cx.timed(graph::Phase::kCopy);
  [[nodiscard]] PhaseTimer timed(Phase phase) { return {phase_times_, phase_running_, phase}; }
  /// What has been noted so far.
  const PhaseTimes& phase_times() const { return phase_times_; }

  /// The node that the row belongs to: in a batch the rows may belong to nodes with other swept properties.
  virtual const Node& node() const = 0;
  virtual const std::string& node_id() const = 0;
  virtual const Item& item() const = 0;
  virtual int lane() const = 0;
  /// The innermost loop's turn; {0, 1} outside loops.
  virtual Turn turn() const = 0;
  /// Where it stands in the eaches around it: an index for each, the outermost first.
  virtual const std::vector<int>& element() const = 0;
  /// The turns of all loops around it, the outermost first: with element() and node_id() the call's place in an item.
  virtual std::vector<int> turns() const = 0;
  /// Place in the node's `when` window, clamped to [0, 1]: (progress − from) / max(to − from, 1e-6); progress without
  /// one.
  virtual double window() const = 0;
  /// Whether the call is on the way from what a loop optimises to what it is optimised by: values at its inputs carry
  /// the history of how they were computed, and what it sends has to. Only a differentiable() node's calls do.
  virtual bool records() const = 0;
  /// True once the run is being stopped at once: long calls look now and then, and throw graph::Cancelled.
  virtual bool cancelled() const = 0;

  /// Writes a file below the output folder: to a temporary name, synced, renamed, so that nothing half-written is ever
  /// visible. `name` is relative; the engine enters it in the item's record. Throws std::runtime_error naming the path.
  virtual void write_file(const std::string& name, std::span<const std::byte> bytes) = 0;
  /// Fills in a Pattern's fields. Throws std::runtime_error for a field that names nothing.
  virtual std::string expand(const Pattern& pattern) const = 0;
  /// A choice that the node leaves to chance and that people will want to know: which text, which file. `draw` makes
  /// it; in a run that is to have the choices of an earlier one, that one's counts. It is kept in the recipe of every
  /// file that is made of it, under a name that differs from the call's others, so that `decoupage rerun` hands it
  /// back whatever there is to choose from by then. A few short texts each: numbers that are drawn need not be kept.
  /// Called in process(), before recipe().
  std::string choose(const std::string& name, const std::function<std::string()>& draw);
  /// The same of several texts, or none.
  virtual std::vector<std::string> choose_several(const std::string& name,
                                                  const std::function<std::vector<std::string>()>& draw) = 0;
  /// Something that a file made of this call's results says in its metadata for other programs, and that no param says
  /// as it is: the size of a picture, what `auto` came to. `name` as these programs have it ("Size"); it goes the way
  /// of what is chosen. The last of one name in a call counts. Called in process(), before recipe().
  virtual void tell(const std::string& name, const std::string& text) = 0;
  /// What to keep in the metadata of a file made now: the recipe that makes it again. Empty when the program gives
  /// none.
  virtual std::vector<Text> recipe() const = 0;

  virtual void warn(const std::string& text) = 0;
  /// Progress inside a long call, for the bus.
  virtual void step(int i, int n) = 0;
  /// A number that people follow from turn to turn: a loss, a rate. The progress line shows the last, events have each,
  /// and of a loop there are a table and a plot at the end. Once for a name and call, which differ within a loop's
  /// body; `name` as names of nodes are. Told even where the call fails afterwards. Throws std::logic_error for another
  /// name.
  virtual void scalar(const std::string& name, double value) = 0;
  /// A value worth showing while the run goes on, for the bus.
  virtual void preview(const Value& value) = 0;

  /// What is left to do when the device of the lane has done what this call handed to it: `rest` reads what the device
  /// wrote, sends, and throws as process() does; until then it keeps what it holds. Called once, at once after
  /// process() where no device works on; on whatever thread, without what the lane carries: it hands the device nothing
  /// more. Several are called in the order in which they were left; the first that throws is the last.
  virtual void when_done(std::function<void()> rest) = 0;

  /// For nodes whose contract says defers(): process may return before the work is done; the outputs must be sent
  /// before Completion::done(), from any thread, and the Context lives until then.
  virtual std::shared_ptr<Completion> defer() = 0;

 protected:
  virtual const Contract& contract() const = 0;
  virtual const Value& input(int port) const = 0;
  virtual std::vector<Value> inputs(int port) const = 0;
  virtual const std::vector<Gathered>& gathered(int port) const = 0;
  virtual void output(int port, Value value) = 0;
  virtual bool output_wanted(int port) const = 0;
  virtual Slot& own_slot() = 0;

  PhaseTimes phase_times_;

 private:
  int in_index(const char* name) const;
  int out_index(const char* name) const;
  [[noreturn]] void refuse_slot(const char* cpp_name) const;

  bool phase_running_ = false;
};

/// Thrown by a node that saw Context::cancelled(); ends the item as cancelled, not failed.
struct Cancelled : std::exception {
  const char* what() const noexcept override { return "cancelled"; }
};

/// A node of a graph. Immutable after open(): one object serves all items and lanes at once, from several threads; what
/// changes lives in slots. A node whose swept properties differ between items is made once per distinct value, and so
/// is one with properties that links feed (see bind).
///
/// What could be wrong is refused by the contract, by the constructor (what can be told from the properties alone: it
/// reads no file, and `decoupage check` calls it) or in open(), so process() is plain. Whatever a node throws becomes
/// the failure of its item, with the node's name in front.
class Node {
 public:
  virtual ~Node() = default;

  /// Loads and checks, once, before the first call: for nodes without swept properties before any item is admitted.
  virtual void open() {}

  /// A copy of this node, as open as it is, with those properties that links feed from `props`: for nodes whose open()
  /// is costly. It is made once per distinct value, before the first call that needs it, from several threads at once.
  /// open() then reads no property that links feed: these have their defaults there. A type without this is made and
  /// opened anew for each value. Throws what is wrong with a value; its range has been checked.
  virtual std::unique_ptr<Node> bind(const Props& /*props*/) const { return nullptr; }

  /// Says how large what it sends will be at least, where that follows from its properties and from what comes in, and
  /// throws when it is clear before the run that something cannot be done with it: a picture too large for its file.
  /// Called before any item is admitted, whether the node is open or not. A loop's states count as long as their size
  /// stays the same.
  virtual void foresee(Outlook& /*outlook*/) const {}

  /// One packet in, at most one value out per port. A node type overrides this or process_batch(): either is made of
  /// the other, and Registry::add refuses a type that has neither.
  virtual void process(Context& context) const {
    Context* const row = &context;
    process_batch({&row, 1});
  }

  /// Several packets in one call; every row reads and sends by its own Context. When this throws, what was sent is
  /// dropped and process() is called row by row, so slots must be written last. The same goes for process() where
  /// memory may run out (std::bad_alloc): it is called once more then.
  virtual void process_batch(std::span<Context* const> rows) const {
    for (Context* row : rows) row->node().process(*row);
  }
  /// How many rows of Contract::batch the packet takes: a denoiser's are pictures times halves. At least 1.
  virtual int rows(const Context&) const { return 1; }
  /// Packets with equal keys may share a call.
  virtual std::string batch_key(const Context&) const { return {}; }

  /// What to keep of a value that waits at a Gather port until all have come. A node that needs less than the whole
  /// (a thumbnail) says so here, and memory stays small.
  virtual Value keep(const Value& value) const { return value; }
};

}  // namespace graph
