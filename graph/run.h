// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "graph/bus.h"
#include "graph/loop_states.h"
#include "graph/plan.h"

namespace graph {

/// What a lane carries (a stream, thread counts, thread-local modes) is not the engine's: it is put on the thread
/// before every node call and taken off after it. Called from several threads at once.
class LaneHooks {
 public:
  virtual ~LaneHooks() = default;
  /// `records`: the call's values carry the history of how they were computed, for a loop that differentiates. Whatever
  /// else is computed needs none.
  virtual void enter(int lane, bool records) = 0;
  virtual void leave(int lane) = 0;

  /// Whether calls may outlast process(): the lane hands work to a device and goes on. Asked once, before a run.
  virtual bool asynchronous() const { return false; }
  /// Asked after process(), before leave(), on the same thread, when asynchronous(): whether what the call handed to
  /// the device is still being worked on. When it is, `ended` is called once, from any thread, as soon as it is not,
  /// with a text that says why where it has failed; what the call sent is passed on only then. So values on links are
  /// always whole, and nobody waits for a device.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): overrides keep it
  virtual bool outlasts(int /*lane*/, std::function<void(const std::string& error)> /*ended*/) { return false; }
};

/// Told of each call of a node, on the thread that makes it, just before process() and just after it: for profilers.
/// Called from several threads at once.
class CallHooks {
 public:
  virtual ~CallHooks() = default;
  virtual void enter(int node) = 0;  ///< index into Graph::nodes
  virtual void leave(int node) = 0;
};

/// How far a run is to be stopped. Set from any thread, signal handlers included.
struct StopSignal {
  /// 0: run on. 1: admit no more items, finish those in flight. 2: stop at once.
  std::atomic<int> level{0};
};

/// Hands a value that a port sent to the program: for embedding and tests. Called on the engine's threads.
struct Tap {
  std::string port;  ///< "node.port"
  std::function<void(const Item&, const Value&)> read;
};

/// What a run was told by name, for {overrides} in file names: a param of the graph, or a setting beside them.
struct GivenSetting {
  std::string name;
  int param = -1;  ///< index into Graph::params, whose value the item has; -1: `value`
  Scalar value{};
};

/// The texts kept in the metadata of what a node writes for an item; see Context::recipe. `picks`: all that were made
/// for the item by then, and those of the items that it gathers, in no order; some may be there twice.
using RecipeMaker = std::function<std::vector<Text>(int node, const Item&, const std::vector<Pick>& picks)>;

struct RunOptions {
  int lanes = 0;                        ///< items in flight; 0: as many as cores
  int threads = 0;                      ///< limit of the resource "cpu"; 0: cores
  std::map<std::string, int> limits{};  ///< of other resources ("io" 4, "gpu" 2, any other 1 unless given here)
  bool gpu_is_cpu = false;              ///< there is no GPU: what names the resource "gpu" occupies "cpu"
  int max_batch = 0;                    ///< 0: as the contracts allow
  /// Bytes that the process is to stay below; 0: no budget. Items need what they are seen to need while they run: the
  /// first runs alone, and lanes are let in one after the other while the budget allows. One lane always runs.
  std::uint64_t memory = 0;
  /// Bytes in use, for the budget; asked from several threads. Empty: what the process has resident.
  std::function<std::uint64_t()> memory_in_use{};
  /// Whether what a node threw says that memory ran out; std::bad_alloc does in any case. Then its batches get smaller,
  /// and a call of one row is made again when no other is running, before its item fails.
  std::function<bool(const std::exception&)> out_of_memory{};
  std::string output_dir = ".";
  /// Asked before a file of this path below output_dir is written, from several threads; what it throws fails the item.
  std::function<void(const std::string& path)> may_write{};
  Bus* bus = nullptr;
  LaneHooks* hooks = nullptr;
  CallHooks* calls = nullptr;
  StopSignal* stop = nullptr;
  RecipeMaker recipe{};
  std::vector<Pick> picks{};  ///< handed back by Context::choose, in the place of what would be drawn
  std::vector<Tap> taps{};
  std::vector<GivenSetting> given{};  ///< in the order in which {overrides} names them
  /// Items to run are those with item % shard_count == shard_index.
  int shard_index = 0;
  int shard_count = 1;
  /// Added to an item's number in names, records and events: a rerun of item 7 calls it 7.
  std::int64_t first_item = 0;
  /// Sinks (nodes whose outputs nobody reads) that need not run: true when the node's group, named by its first item,
  /// is whole already. Items none of whose sinks need to run are skipped.
  std::function<bool(int node, std::int64_t first_item)> whole{};
  /// Where loops with checkpoints are kept, and taken from; null: nowhere.
  LoopStates* loop_states = nullptr;
  /// Told of each node that is to be opened before the first item, just before, and of -1 when all are: for who watches
  /// from outside whether that goes on.
  std::function<void(int node)> opening{};
  /// Only these nodes, with all that they need; empty: all sinks.
  std::vector<int> only{};
  int max_failures = 0;  ///< stop admitting after so many failed items; 0: never
  /// Admit no more items after so long: an end like any other. 0: never.
  std::chrono::milliseconds end_after{0};
  /// When nothing has moved for so long while items are in flight and no call is running, the run is failed.
  std::chrono::milliseconds stall_after{10'000};
};

struct NodeStats {
  std::int64_t calls = 0;      ///< process or process_batch calls
  std::int64_t packets = 0;    ///< rows in them
  std::int64_t passed = 0;     ///< times it was inactive, or the item had failed before
  Clock::duration busy{};      ///< time inside calls
  Clock::duration queued{};    ///< time from being ready to a call's start, summed over packets
  Clock::duration copied{};    ///< of busy: data moved between memories (Context::timed)
  Clock::duration waited{};    ///< of busy: a call's thread waited for something else
  Clock::duration backward{};  ///< of computed(): from a loss to gradients
  /// The rest of busy, but for what is copied and waited.
  Clock::duration computed() const { return busy - copied - waited; }
};

struct RunReport {
  std::int64_t admitted = 0, done = 0, failed = 0, cancelled = 0;
  std::int64_t skipped = 0;  ///< whole already, or not of this shard
  bool interrupted = false;  ///< stopped by the signal; too many failures are not that
  bool time_is_up = false;   ///< RunOptions::end_after came before the last item
  Clock::duration elapsed{};
  std::vector<NodeStats> nodes;  ///< by node
  struct Failure {
    std::int64_t item;
    std::string node;
    std::string what;
  };
  std::vector<Failure> failures;  ///< the first 1,000
  int lanes = 0;
  int lanes_used = 0;  ///< the most items that a memory budget let be in flight at once; `lanes` without one
};

/// Thrown when the engine finds itself inconsistent: an item lost, a join not empty. A bug, never the user's fault.
class EngineError : public std::logic_error {
  using std::logic_error::logic_error;
};

/// Runs all items of a plan. Blocks until they have ended; item failures are in the report. Throws std::runtime_error
/// when a node cannot be opened or the run stands still, EngineError when conservation fails. All events have been read
/// when it returns; what an observer threw is the flush() of the bus to tell.
RunReport run(const Plan& plan, const RunOptions& options);

/// How many calls one item's eaches can have going on at a time, up to `most`; 1 where it has none.
int elements_at_once(const Plan& plan, int most);

/// Bytes of memory that this process may use: the machine's, or a cgroup's limit below that.
std::uint64_t usable_memory();

}  // namespace graph
