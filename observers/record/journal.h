// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/bus.h"
#include "graph/plan.h"
#include "graph/run.h"

namespace observers {

/// How a run was told what it runs, so that the same can be told once more.
struct RunWords {
  std::vector<std::string> command{};        ///< the words behind the program's name that set up the run
  std::string folder{};                      ///< the working folder
  std::vector<std::string> set{};            ///< ids of the params that were set, by whatever source
  std::vector<graph::GivenSetting> given{};  ///< RunOptions::given
};

struct JournalOptions {
  std::string folder;           ///< the run's output folder; made, with its parents, when it is not there
  bool resume = false;          ///< go on with the run that the folder holds
  bool may_go_further = false;  ///< … whose record may take this one's number of items
  bool overwrite = false;       ///< forget the run that the folder holds
  bool shared = false;          ///< the run lies beside others in the folder
  int shard_index = 0;          ///< from 0
  int shard_count = 1;
  std::string version;                         ///< of the program
  std::vector<std::string> plugins{};          ///< files
  std::vector<graph::Override> overrides{};    ///< --set
  std::map<std::string, std::string> extra{};  ///< more that a resumed run must agree in: name and text
  std::optional<std::uint64_t> run_seed{};     ///< what values are drawn by, where any are
  RunWords words{};                            ///< kept in run.json for `merge`, of no effect on what is resumed
  graph::StopSignal* stop = nullptr;           ///< raised to 1 when a record cannot be written; may be null
};

/// The record that a run keeps in its output folder, and what a later run takes from it (docs/runs.md): run.json says
/// what runs, items.jsonl (items-2-of-4.jsonl for a shard) gets a line for each item that ended.
///
/// One process at a time writes a journal file: a lock on it, which ends with the process, keeps the others out.
class Journal final : public graph::BusObserver {
 public:
  /// Opens the folder, and reads what is there when resuming. `plan` must outlive the journal.
  /// Throws std::runtime_error that names the path, the reason and the cure: the folder cannot be written, holds a run
  /// and neither resume nor overwrite is set, holds a run of another graph or other params, or is being written by
  /// another process. Nothing is changed in these cases.
  Journal(const graph::Plan& plan, JournalOptions options);
  ~Journal() override;

  unsigned wants() const override;
  /// Throws std::runtime_error when a record cannot be written: the bus hands it on to the run.
  void observe(const graph::Event& event) override;
  void idle() override;

  /// For RunOptions::whole: true when an earlier run recorded that the node ran to its end for the group of items that
  /// `first_item` leads, and every file that it wrote then is there with the same size and checksum. Thread-safe.
  bool whole(int node, std::int64_t first_item) const;

  /// The run could not start: takes its record away again; the folder is whose who made it. Does nothing when there are
  /// records.
  void forget();

  /// Things worth a warning that were found when opening: a line that cannot be read, another version of the program.
  const std::vector<std::string>& notes() const;
  const std::string& folder() const;
  /// Where run.json and the journals are: the folder itself, or a folder of the run's own in it.
  const std::string& record_folder() const;

  /// For RunOptions::may_write. Thread-safe. Throws std::runtime_error: in a shared folder, the file is another run's.
  void claim(const std::string& path);
  /// Files of curated nodes that were deleted, of those that whole() was asked for: they are not made again.
  int deleted() const;

 private:
  class Store;
  std::unique_ptr<Store> store_;
};

/// Claims the next free "<root>/<graph>-NNNN" by making it: two processes never get the same. Characters of the name
/// that do not belong into a folder's name become '-'. Throws std::runtime_error naming path and reason.
std::string default_output_dir(const std::string& graph_name, const std::string& root = "outputs");

/// The one with the highest number that holds a run: what a --resume without a folder means.
std::optional<std::string> last_output_dir(const std::string& graph_name, const std::string& root = "outputs");

}  // namespace observers
