// SPDX-License-Identifier: MIT
#include "program/items.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include "base/limits.h"
#include "base/names.h"
#include "graph/evaluate.h"
#include "graph/pattern.h"
#include "graph/shape.h"
#include "program/data_values.h"
#include "program/draws.h"
#include "program/row_files.h"

namespace program {
namespace {

namespace fs = std::filesystem;
using graph::Mark;
using graph::Scalar;

constexpr base::Limit kMostRows{"items-rows"};
constexpr std::size_t kMostFaults = 100;

/// Puts rows together to columns, and gathers what is wrong.
class TableBuilder {
 public:
  TableBuilder(const graph::Graph& graph, const ItemsOptions& options, const graph::ItemsSource* source)
      : graph_(graph), options_(options), source_(source) {
    for (std::size_t i = 0; source_ && i < source_->columns.size(); ++i) columns_[source_->columns[i].param];
  }

  void read(const std::string& file) {
    read_rows(
        file, [this](const Row& row, const std::string& name) { add(row, name); },
        [this](const std::string& column, const Mark& mark) { see_header(column, mark); },
        [this](const Mark& mark, const std::string& what) { fault(mark, what); });
  }

  ItemsTable finish(const std::string& name) {
    if (count_ > faults_.size()) {
      const Mark last = graph::Faults(faults_).list().back().mark;  // so that the line comes last when they are sorted
      faults_.push_back({last, "… and " + std::to_string(count_ - faults_.size()) + " more"});
    }
    if (!faults_.empty()) throw graph::Faults(std::move(faults_));
    ItemsTable table{{}, rows_, skipped_};
    for (auto& [param, values] : columns_) {
      table.columns.push_back({graph_.params[param].id, std::move(values), {name}, graph::Along::kTable});
    }
    return table;
  }

 private:
  using Values = std::map<int, Scalar>;

  void fault(const Mark& mark, const std::string& what) {
    ++count_;
    if (faults_.size() < kMostFaults) faults_.push_back({mark, what});
  }

  /// What a column sets: a param, or a place in one of type data.
  struct Target {
    int param = -1;
    std::optional<graph::DataPlace> place{};
  };

  /// Of no param, and the first time with a fault, where a column names none.
  const Target& target_of(const std::string& column, const Mark& mark) {
    const auto [known, added] = targets_.try_emplace(column);
    Target& target = known->second;
    if (!added) return target;
    target.param = column.empty() ? text_param(mark) : graph_.find_param(column);
    if (target.param < 0) find_place(target, column, mark);
    // Objects around it may be the file's own: the longest name that means something counts.
    for (std::size_t dot = column.find('.'); target.param < 0 && dot != std::string::npos;
         dot = column.find('.', dot + 1)) {
      const std::string inner = column.substr(dot + 1);
      target.param = graph_.find_param(inner);
      if (target.param < 0) find_place(target, inner, mark);
    }
    if (target.param < 0 && !column.empty()) fault(mark, no_param(column));
    return target;
  }

  void find_place(Target& target, const std::string& column, const Mark& mark) {
    try {
      const std::optional<graph::DataPlace> place = graph::parse_place(column);
      const int param = place ? graph_.find_param(place->param) : -1;
      if (param < 0 || graph_.params[param].kind != graph::Kind::kData) return;
      target = {param, place};
      target.place->param = graph_.params[param].id;
    } catch (const std::invalid_argument& e) {
      fault(mark, e.what());
    }
  }

  std::string no_param(const std::string& column) const {
    std::vector<std::string> names;
    for (const graph::Param& param : graph_.params) {
      if (!param.bound) names.push_back(param.id);
    }
    std::string cure = base::did_you_mean(column.substr(column.rfind('.') + 1), names);
    if (cure.empty()) cure = "; its params are " + base::joined(names);
    return "column '" + column + "': graph '" + graph_.name + "' has no param of that name" + cure;
  }

  /// What the lines of a .txt are: the prompt, or the one param that is a text.
  int text_param(const Mark& mark) {
    std::vector<int> texts;
    for (std::size_t i = 0; i < graph_.params.size(); ++i) {
      const graph::Param& param = graph_.params[i];
      if (param.bound || param.kind != graph::Kind::kString) continue;
      if (param.id == "prompt") return static_cast<int>(i);
      texts.push_back(static_cast<int>(i));
    }
    if (texts.size() == 1) return texts.front();
    fault({mark.file, 0, 0}, "a .txt has the values of 'prompt', or of the one param that is a text, and graph '" +
                                 graph_.name + "' has neither: use a .csv, whose first line names params");
    return -1;
  }

  void see_header(const std::string& column, const Mark& mark) {
    if (source_ && !source_->columns.empty()) return;
    if (column.empty()) return fault(mark, "the column has no name");
    const Target& target = target_of(column, mark);
    if (target.param < 0) return;
    const std::string name = target.place ? column : graph_.params[target.param].id;
    if (!headed_.insert({mark.file, name}).second) fault(mark, "param '" + name + "' is a column twice");
  }

  void add(const Row& row, const std::string& file) {
    if (rows_ == kMostRows.most()) {
      if (!full_) fault({file, 0, 0}, "the table has too many rows: at most " + kMostRows.text());
      full_ = true;
      return;
    }
    const std::size_t before = count_;
    const Mark place = row.empty() ? Mark{file} : row.front().mark;
    Values values = source_ && !source_->columns.empty() ? chosen(row, file, place) : all(row);
    if (count_ == before && is_skipped(values, file)) {
      ++skipped_;
      return;
    }
    for (auto& [param, column] : columns_) {
      const auto value = values.find(param);
      if (value != values.end()) column.push_back(value->second);
      else push_default(column, param, {place.file, place.line, place.line > 0 ? 1 : 0});
    }
    ++rows_;
  }

  /// A row whose keys are params.
  Values all(const Row& row) {
    Values values;
    std::set<std::string> seen;
    std::vector<std::pair<const Target*, const graph::RowCell*>> places;  // set in the whole, wherever that stands
    for (const graph::RowCell& cell : row) {
      const Target& target = target_of(cell.column, cell.mark);
      if (target.param < 0) continue;
      const std::string name = target.place ? cell.column : graph_.params[target.param].id;
      if (!seen.insert(name).second) {
        fault(cell.mark, "param '" + name + "' is given twice in this row");
        continue;
      }
      add_column(target.param, cell.mark.file);
      if (target.place) places.emplace_back(&target, &cell);
      else if (const std::optional<Scalar> value = value_of(target.param, cell)) values.emplace(target.param, *value);
    }
    for (const auto& [target, cell] : places) set_place(values, *target, *cell);
    return values;
  }

  /// In what the row says of the param, or else its default.
  void set_place(Values& values, const Target& target, const graph::RowCell& cell) {
    if (!cell.is_list && cell.values[0].null) return;
    const graph::Param& spec = graph_.params[target.param];
    const graph::Shape* shape = spec.range.shape ? graph::shape_at(*spec.range.shape, *target.place) : nullptr;
    try {
      auto whole = values.find(target.param);
      if (whole == values.end()) {
        Scalar otherwise = graph::Data::map({}, cell.mark);
        if (spec.value) otherwise = graph::evaluate(graph_, *spec.value, options_.param);
        whole = values.emplace(target.param, std::move(otherwise)).first;
      }
      whole->second = graph::replaced(std::get<graph::Data>(whole->second), *target.place, document_of(shape, cell),
                                      spec.range.shape.get());
    } catch (const graph::Faults& faults) {
      for (const graph::Fault& one : faults.list()) fault(one.mark, one.what);
    } catch (const std::invalid_argument& e) {
      fault(cell.mark, e.what());
    }
  }

  /// A cell of a param of type data, or of a place in one.
  graph::Data document_of(const graph::Shape* shape, const graph::RowCell& cell) const {
    if (cell.tree) return *cell.tree;
    const std::string folder = fs::path(cell.mark.file).parent_path().string();
    const auto leaf = [&](const graph::Written& one) {
      return one.null ? graph::Data::null(one.mark) : graph::Data::text(one.text, one.plain, one.mark, folder);
    };
    // A text in quotes is one; in a .csv quotes say nothing.
    if (!cell.is_list && !cell.values[0].plain && !cell.values[0].text.starts_with('@')) return leaf(cell.values[0]);
    if (!cell.is_list) return data_value(shape, cell.values[0].text, cell.mark, folder);
    std::vector<graph::Data> items;
    for (const graph::Written& one : cell.values) items.push_back(leaf(one));
    return graph::Data::list(std::move(items), cell.mark);
  }

  /// A row of which `columns` takes what it names.
  Values chosen(const Row& row, const std::string& file, const Mark& place) {
    Values values;
    for (const graph::ItemsSource::Column& column : source_->columns) {
      graph::RowCell cell{column.from, place, {{"", place, true, false}}, false};
      const fs::path path(file);
      if (column.from == "file.stem") cell.values[0].text = path.stem().string();
      else if (column.from == "file.name") cell.values[0].text = path.filename().string();
      else if (column.from == "file.path") cell.values[0].text = fs::absolute(path).lexically_normal().string();
      else {
        const auto found = std::ranges::find(row, column.from, &graph::RowCell::column);
        if (found == row.end()) continue;
        cell = *found;
      }
      if (const std::optional<Scalar> value = value_of(column.param, cell)) values.emplace(column.param, *value);
    }
    return values;
  }

  /// Rows that came before have the default in it.
  void add_column(int param, const std::string& file) {
    const auto [column, added] = columns_.try_emplace(param);
    for (std::size_t row = 0; added && row < rows_; ++row) push_default(column->second, param, {file});
  }

  void push_default(graph::ScalarList& column, int param, const Mark& mark) {
    const graph::Param& spec = graph_.params[param];
    if (spec.value) {
      column.push_back(graph::evaluate(graph_, *spec.value, options_.param));
    } else {
      column.push_back(std::string());  // of no effect: there is a fault
      fault(mark, "the row has no value for '" + spec.id + "', which has no default");
    }
  }

  /// None where the cell says nothing, or something wrong, which is a fault.
  std::optional<Scalar> value_of(int param, const graph::RowCell& cell) {
    const graph::Param& spec = graph_.params[param];
    if (!cell.is_list && cell.values[0].null) return std::nullopt;
    try {
      if (spec.kind == graph::Kind::kData) return Scalar(document_of(spec.range.shape.get(), cell));
      if (cell.tree) throw std::invalid_argument("expected a list of values, found lists or maps in it");
      if (cell.is_list && !spec.list)
        throw std::invalid_argument(std::string("expected ") + kind_name(spec.kind) + ", found a list");
      std::string text;
      for (const graph::Written& value : cell.values) text += (text.empty() ? "" : ", ") + value.text;
      return parsed(spec, text, cell.mark);
    } catch (const graph::Faults& faults) {
      for (const graph::Fault& one : faults.list()) fault(one.mark, one.what);
      return std::nullopt;
    } catch (const std::invalid_argument& e) {
      fault(cell.mark, "param '" + spec.id + "': " + e.what());
      return std::nullopt;
    }
  }

  Scalar parsed(const graph::Param& spec, const std::string& text, const Mark& mark) const {
    if (says_random(spec, text)) return drawn_values(spec, options_.run_seed ? options_.run_seed() : 0)[rows_];
    Scalar value = graph::parse_value(spec, text);
    if (auto* path = std::get_if<graph::Path>(&value))
      path->text = graph::found_path(path->text, fs::path(mark.file).parent_path().string());
    graph::check_range(value, spec.range);
    return value;
  }

  /// Whether what the row would make is there.
  bool is_skipped(const Values& values, const std::string& file) {
    if (!source_ || !source_->skip) return false;
    const auto param = [&](int index) {
      const auto own = values.find(index);
      return own != values.end() ? own->second : options_.param(index);
    };
    try {
      const std::string pattern = graph::to_text(graph::evaluate(graph_, *source_->skip, param));
      const auto field = [&](const std::string& name) -> Scalar {
        const int index = graph_.find_param(name);
        if (index < 0) throw std::invalid_argument("{" + name + "} names no param");
        const Scalar value = param(index);
        if (const auto* path = std::get_if<graph::Path>(&value)) return graph::stem_of(*path);
        return value;
      };
      const std::string name = graph::expand_pattern(pattern, {field, [](const std::string&) { return true; }});
      std::error_code error;
      return fs::exists(fs::path(source_->below_output ? options_.output_dir : source_->folder) / name, error);
    } catch (const std::invalid_argument& e) {
      fault(source_->skip->mark, std::string("items: skip: ") + e.what() + " (for " + file + ")");
      return false;
    }
  }

  const graph::Graph& graph_;
  const ItemsOptions& options_;
  const graph::ItemsSource* source_;
  std::map<std::string, Target> targets_;  ///< by column
  std::set<std::pair<std::string, std::string>> headed_;
  std::map<int, graph::ScalarList> columns_;
  std::size_t rows_ = 0, skipped_ = 0;
  bool full_ = false;
  std::vector<graph::Fault> faults_;
  std::size_t count_ = 0;
};

ItemsTable read_files(const graph::Graph& graph, const std::string& path, const ItemsOptions& options,
                      const graph::ItemsSource* source, const Mark& mark) {
  TableBuilder builder(graph, options, source);
  const std::vector<std::string> files = row_files(path);
  if (files.empty()) throw graph::Faults(std::vector<graph::Fault>{{mark, "no file matches '" + path + "'"}});
  for (const std::string& file : files) builder.read(file);
  ItemsTable table = builder.finish(path);
  if (table.rows + table.skipped == 0)
    throw graph::Faults(std::vector<graph::Fault>{{mark, "'" + path + "' has no rows"}});
  return table;
}

}  // namespace

ItemsTable read_items(const graph::Graph& graph, const std::string& path, const ItemsOptions& options) {
  return read_files(graph, path, options, nullptr, {"--items"});
}

ItemsTable read_graph_items(const graph::Graph& graph, const ItemsOptions& options) {
  const graph::ItemsSource& source = *graph.items;
  const auto refuse = [](const Mark& mark, const std::string& what) {
    throw graph::Faults(std::vector<graph::Fault>{{mark, what}});
  };
  try {
    if (source.only_if && !std::get<bool>(graph::evaluate(graph, *source.only_if, options.param))) return {};
    if (source.below_output && options.output_dir.empty())
      refuse(source.mark, "items: they lie below the output folder: say which by --output-dir");
    const std::string name = graph::to_text(graph::evaluate(graph, source.files, options.param));
    const std::string folder = source.below_output ? options.output_dir : source.folder;
    return read_files(graph, (fs::path(folder) / name).string(), options, &source, source.mark);
  } catch (const std::invalid_argument& e) {
    refuse(source.mark, std::string("items: ") + e.what());
  }
  return {};
}

}  // namespace program
