// SPDX-License-Identifier: MIT
#include "observers/scalar_files.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <stdexcept>

#include "base/atomic_file.h"
#include "base/descriptor.h"
#include "base/file_error.h"
#include "base/sha1.h"
#include "observers/scalar_plot.h"

namespace observers {
namespace {

namespace fs = std::filesystem;
using graph::Event;

std::string padded(std::int64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return std::string(text.size() < digits ? digits - text.size() : 0, '0') + text;
}

/// The shortest text that is read as the same number.
std::string exact_text(double number) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end};
}

/// The row's turn, or nothing where it is no row: what a crash left half-way.
std::optional<int> turn_of(const std::string& row) {
  int turn = 0;
  const auto [end, error] = std::from_chars(row.data(), row.data() + row.size(), turn);
  if (error != std::errc() || end == row.data() + row.size() || *end != ',') return std::nullopt;
  return turn;
}

}  // namespace

/// The table of one stay in a loop, open to be added to.
class ScalarFiles::Series {
 public:
  Series(std::string folder, std::string name, std::int64_t item)
      : folder_(std::move(folder)), name_(std::move(name)), item_(item) {}

  std::int64_t item() const { return item_; }
  std::string table() const { return kScalarFolder + ("/" + name_) + ".csv"; }
  std::string plot() const { return kScalarFolder + ("/" + name_) + ".svg"; }

  /// Takes over the rows in front of a turn that are there.
  void keep_before(int turn) {
    std::ifstream file(path(), std::ios::binary);
    std::string line, kept;
    if (!std::getline(file, line)) return;
    std::size_t begin = line.find(',');
    while (begin != line.npos) {
      const std::size_t end = std::min(line.find(',', begin + 1), line.size());
      columns_.push_back(line.substr(begin + 1, end - begin - 1));
      begin = end == line.size() ? line.npos : end;
    }
    while (std::getline(file, line)) {
      const std::optional<int> at = turn_of(line);
      if (at && *at < turn && !file.eof()) kept += line + "\n";  // a torn row is the last, and ends with the file
    }
    replace(kept);
  }

  void add(const std::string& column, int turn, double number) {
    if (turn_ && *turn_ != turn) end_turn();
    turn_ = turn;
    const auto found = std::ranges::find(columns_, column);
    const auto place = static_cast<std::size_t>(found - columns_.begin());
    if (found == columns_.end()) add_column(column);
    row_.resize(columns_.size());
    row_[place] = exact_text(number);
  }

  /// Writes the turn's row, if there is one.
  void end_turn() {
    if (!turn_) return;
    std::string line = std::to_string(*turn_);
    for (const std::string& field : row_) line += "," + field;
    line += "\n";
    turn_.reset();
    row_.assign(row_.size(), "");
    open();
    base::write_all(file_, std::as_bytes(std::span(line)), path());
  }

  /// Draws what there is.
  void end(const std::string& title) {
    end_turn();
    file_ = base::Descriptor();
    const std::string svg = plot_of_table(path(), title);
    base::write_atomically(fs::path(folder_) / plot(), svg);
  }

 private:
  std::string path() const { return (fs::path(folder_) / table()).string(); }

  std::string header() const {
    std::string line = "turn";
    for (const std::string& column : columns_) line += "," + column;
    return line + "\n";
  }

  /// The whole table anew: header and rows.
  void replace(const std::string& rows) {
    std::error_code error;
    fs::create_directories(fs::path(path()).parent_path(), error);
    file_ = base::Descriptor();
    base::write_atomically(path(), header() + rows);
    begun_ = true;
  }

  /// Rows that are there get an empty field. Rare: a name that did not come in the first turn.
  void add_column(const std::string& column) {
    columns_.push_back(column);
    if (!begun_) return;
    std::ifstream file(path(), std::ios::binary);
    std::string line, rows;
    std::getline(file, line);
    while (std::getline(file, line)) rows += line + ",\n";
    replace(rows);
  }

  void open() {
    if (!begun_) replace("");
    if (file_) return;
    file_ = base::open_file(path(), O_WRONLY | O_APPEND | O_NOFOLLOW);
    if (!file_) base::throw_file_error("write", path(), errno);
  }

  const std::string folder_, name_;
  const std::int64_t item_;
  std::vector<std::string> columns_;
  std::optional<int> turn_;       ///< whose row is not written yet
  std::vector<std::string> row_;  ///< by column
  base::Descriptor file_;
  bool begun_ = false;  ///< the table is there
};

ScalarFiles::ScalarFiles(const graph::Plan& plan, ScalarOptions options) : plan_(plan), options_(std::move(options)) {}
ScalarFiles::~ScalarFiles() = default;

unsigned ScalarFiles::wants() const {
  return Event::kScalar | Event::kStep | Event::kItemFinished;
}

/// ITEM-LOOP, then the turns of the loops around it and its places in eaches.
std::string ScalarFiles::name_of(const Event& event, int loop) const {
  constexpr std::size_t kLongest = 150;
  const std::string& id = plan_.graph().nodes[loop].id;
  std::string name = padded(event.count, 4) + "-" + (id.size() <= kLongest ? id : base::sha1_hex(id));
  for (const int turn : event.around) name += "-t" + padded(turn, 4);
  std::size_t eaches = 0;  // around the loop: those inside of it share its table
  for (const int owner : plan_.graph().owners_of(loop))
    eaches += plan_.graph().nodes[owner].sort == graph::GraphNode::Sort::kEach ? 1 : 0;
  for (std::size_t i = 0; i < std::min(eaches, event.element.size()); ++i) name += "-e" + padded(event.element[i], 2);
  return name;
}

/// `turn`: the first that is to come. Null where there is none and none is to be made.
ScalarFiles::Series* ScalarFiles::series_at(const Event& event, int loop, int turn, bool make) {
  const std::string name = name_of(event, loop);
  if (const auto known = series_.find(name); known != series_.end()) return known->second.get();
  if (!make && (!options_.resume || nothing_[event.item].contains(name))) return nullptr;
  auto series = std::make_unique<Series>(options_.folder, name, event.item);
  std::error_code error;
  const bool there = options_.resume && fs::exists(fs::path(options_.folder) / series->table(), error);
  if (!there && !make) {
    nothing_[event.item].insert(name);
    return nullptr;
  }
  if (there) series->keep_before(turn);
  return (series_[name] = std::move(series)).get();
}

void ScalarFiles::observe(const Event& event) {
  if (event.kind == Event::kItemFinished) return end_item(event.item);
  const graph::GraphNode& node = plan_.graph().nodes[event.node];
  if (event.kind == Event::kStep) {
    if (node.sort != graph::GraphNode::Sort::kLoop) return;
    if (Series* const series = series_at(event, event.node, event.turn, false)) series->end_turn();
    return;
  }
  const int loop = graph::loop_around(plan_.graph(), node.region);
  if (loop < 0) return;  // told once for an item: there is nothing to follow
  // Elements of eaches in the loop tell each their own.
  std::string column = event.text;
  const std::size_t around = plan_.graph().owners_of(loop).size();
  const std::vector<int> owners = plan_.graph().owners_of(event.node);
  std::size_t of_loop = 0;
  for (std::size_t i = 0; i < std::min(around, owners.size()); ++i)
    of_loop += plan_.graph().nodes[owners[i]].sort == graph::GraphNode::Sort::kEach ? 1 : 0;
  for (std::size_t i = of_loop; i < event.element.size(); ++i) column += "[" + std::to_string(event.element[i]) + "]";
  series_at(event, loop, event.turn, true)->add(column, event.turn, event.number);
}

void ScalarFiles::end_item(std::int64_t item) {
  constexpr std::size_t kMostTold = 1000;
  nothing_.erase(item);
  for (auto it = series_.begin(); it != series_.end();) {
    if (it->second->item() != item) {
      ++it;
      continue;
    }
    it->second->end(it->first);
    if (paths_.size() + 2 <= kMostTold) paths_.insert(paths_.end(), {it->second->table(), it->second->plot()});
    it = series_.erase(it);
  }
}

}  // namespace observers
