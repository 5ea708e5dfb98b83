// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "observers/record/item_records.h"
#include "observers/record/loop_state_file.h"

namespace observers {

struct LoopStateOptions {
  std::string folder;   ///< where the run's files lie
  std::string record;   ///< where its record lies: the states are in its folder .state
  bool resume = false;  ///< what is there may be gone on from; else it is removed
  ShardName shard{};
  StateKey key{};  ///< what all states of the run have in common: graph, version, device, …
};

/// Checkpoints of loops as files, .state/LOOP@ITEM.state in the folder of the run's record. Each is whole or what it
/// was before. Files that the loop wrote are known by size and checksum: where one is gone or changed, the loop does
/// not go on from there. Thread-safe.
class LoopStateFolder final : public graph::LoopStates {
 public:
  /// All must outlive it. Throws std::runtime_error: an old state cannot be removed.
  LoopStateFolder(const graph::Plan& plan, const graph::Registry& registry, LoopStateOptions options);

  void save(const graph::LoopPlace& place, const graph::KeptLoop& state) override;
  std::optional<graph::KeptLoop> load(const graph::LoopPlace& place) override;
  void drop(const graph::LoopPlace& place) override;
  void drop_all(int loop, std::int64_t first_item) override;

 private:
  std::string front_of(int loop, std::int64_t first_item) const;
  std::string name_of(const graph::LoopPlace& place) const;
  std::string ending() const;
  StateKey key_of(const graph::LoopPlace& place) const;
  std::uint32_t sum_of(const std::string& name, const graph::Output& file);
  void check_files(const std::string& name, const std::vector<KeptFile>& files);
  void remove(const std::string& name);

  const graph::Plan& plan_;
  const graph::Registry& registry_;
  const LoopStateOptions options_;
  const std::string states_;  ///< the folder
  std::mutex mutex_;          ///< nothing else is locked while it is held
  std::set<std::string> names_;
  /// By state, path and size of a file that is in it: files are read once.
  std::map<std::string, std::map<std::pair<std::string, std::uint64_t>, std::uint32_t>> sums_;
};

/// The name of the folder in that of the record.
inline constexpr const char* kStateFolder = ".state";

/// Whether a run was stopped in a loop with checkpoints: there is something to go on from.
bool has_loop_states(const std::string& record);

}  // namespace observers
