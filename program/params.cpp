// SPDX-License-Identifier: MIT
#include "program/params.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include "base/home.h"
#include "base/names.h"
#include "graph/evaluate.h"
#include "graph/seeds.h"
#include "graph/shape.h"
#include "program/data_values.h"
#include "program/draws.h"
#include "program/items.h"
#include "program/param_values.h"
#include "program/params_file.h"

namespace program {
namespace {

using graph::Kind;
using graph::Mark;
using graph::Param;
using graph::Scalar;

struct Given {
  std::vector<Scalar> values;
  Mark mark;
  std::string name{};                       ///< as written, with '_'
  std::optional<graph::ScalarList> list{};  ///< in their place: without end, drawn, or a table's
  graph::Along along = graph::Along::kItself;
};

/// What was said of a place in a data param.
struct GivenPlace {
  int param;
  graph::DataPlace place;
  Given given;
  bool zipped = false;  ///< its values step together with those of others
};

/// What a run was told of its params by one source: the params file or the command line.
struct Told {
  std::map<int, Given> params;  ///< by index into Graph::params
  std::vector<GivenPlace> places;
  std::optional<Given> count, offset;  ///< num_seeds, seed_offset
};

/// Reads the sources one after the other and gathers what is wrong.
class Reader {
 public:
  explicit Reader(const graph::Graph& graph) : graph_(graph) {
    const int seed = graph.find_param("seed");
    if (seed >= 0 && graph.params[seed].kind == Kind::kInt && graph.find_param("num_seeds") < 0 &&
        graph.find_param("seed_offset") < 0) {
      seed_ = seed;
    }
  }

  ParamSettings read(const ParamSources& sources) {
    options_ = sources.options;
    sources_ = &sources;
    ParamSettings settings;
    Told told, flags;
    if (!sources.file.empty()) read_file(sources.file, told, settings.output_dir);
    folder_ = sources.output_dir.empty() ? settings.output_dir : sources.output_dir;
    for (const Flag& flag : sources.flags) read_flag(flags, flag);
    for (const std::string& text : sources.named) read_pair(flags, "--param", text, flag_values);
    for (const std::string& text : sources.sweeps) read_pair(flags, "--sweep", text, sweep_values);
    for (const std::string& text : sources.zips) read_zip(flags, text);
    for (Told* source : {&told, &flags}) join_lists(*source);
    settings.given = given_settings(flags);
    drop_count(told, flags);
    for (const auto& [param, given] : flags.params) told.params[param] = given;
    if (flags.count) told.count = flags.count;
    if (flags.offset) told.offset = flags.offset;
    draw_default_seed(told);
    for (const GivenPlace& place : flags.places) set_place(told, place, sources.recorded);
    add_table(told, flags, settings);
    spread_seeds(told);
    if (!faults_.empty()) throw graph::Faults(std::move(faults_));
    for (auto& [param, given] : told.params) {
      graph::ScalarList values = given.list ? std::move(*given.list) : graph::ScalarList(given.values);
      settings.assignments.push_back({graph_.params[param].id, std::move(values), given.mark, given.along});
    }
    settings.run_seed = run_seed_;
    return settings;
  }

 private:
  using Values = std::vector<Scalar> (*)(Kind, const std::string&);

  /// What several values of a param that is a list stand for: one text.
  void join_lists(Told& told) const {
    for (auto& [param, given] : told.params) {
      if (!graph_.params[param].list || given.values.size() < 2 || given.along == graph::Along::kZip ||
          given.mark.file.starts_with("--sweep"))
        continue;
      std::string text;
      for (const Scalar& value : given.values) text += (text.empty() ? "" : ", ") + graph::to_text(value);
      given.values = {text};
    }
  }

  /// For {overrides}. A seed that is counted from is named as it was written, whatever the item's own.
  std::vector<graph::GivenSetting> given_settings(const Told& flags) const {
    std::vector<graph::GivenSetting> settings;
    const auto add_counts = [&] {
      if (flags.count) settings.push_back({"num_seeds", -1, flags.count->values[0]});
      if (flags.offset) settings.push_back({"seed_offset", -1, flags.offset->values[0]});
    };
    for (std::size_t i = 0; i < graph_.params.size(); ++i) {
      const auto found = flags.params.find(static_cast<int>(i));
      if (found != flags.params.end() && found->second.list) {
        settings.push_back({found->second.name, static_cast<int>(i), found->second.list->front()});
      } else if (found != flags.params.end() && !found->second.values.empty()) {
        const bool one = static_cast<int>(i) == seed_ && found->second.values.size() == 1;
        settings.push_back({found->second.name, one ? -1 : static_cast<int>(i), found->second.values[0]});
      }
      if (static_cast<int>(i) == seed_) add_counts();
      for (const GivenPlace& place : flags.places) {
        if (place.param == static_cast<int>(i) && !place.given.values.empty())
          settings.push_back({place.given.name, -1, place.given.values[0]});
      }
    }
    return settings;
  }

  /// A list of seeds on the command line stands for itself, whatever the file says of their number.
  void drop_count(Told& told, const Told& flags) const {
    const auto seeds = flags.params.find(seed_);
    if (seeds == flags.params.end() || seeds->second.values.size() < 2) return;
    told.count.reset();
    told.offset.reset();
  }

  void fault(const Mark& mark, const std::string& what) { faults_.push_back({mark, what}); }

  void add(Told& told, int param, const std::string& name, const Mark& mark, std::vector<Scalar> values) {
    Given& given = told.params[param];
    if (given.list) return fault_alone(param, mark);
    given.mark = mark;
    given.name = name;
    given.values.insert(given.values.end(), values.begin(), values.end());
    if (given.values.size() > kMostValues.most() && full_.insert(param).second) {
      fault(mark, "param '" + graph_.params[param].id + "': too many values: at most " + kMostValues.text());
    }
  }

  void fault_alone(int param, const Mark& mark) {
    fault(mark, "param '" + graph_.params[param].id +
                    "': what is drawn, or counts without end, is all that it can be given; leave out the rest");
  }

  std::uint64_t run_seed() {
    if (!run_seed_) run_seed_ = sources_->run_seed ? sources_->run_seed(folder_) : 0;
    return *run_seed_;
  }

  /// `random`, `0..` and the like. False for what is neither.
  bool read_open(Told& told, int param, const std::string& name, const Mark& mark, const std::string& text) {
    const graph::Param& spec = graph_.params[param];
    if (spec.kind != Kind::kInt) return false;
    try {
      if (says_random(spec, text)) return add_list(told, param, name, mark, drawn_values(spec, run_seed())), true;
      if (!text.ends_with("..") || text.find_first_of(".,") != text.size() - 2) return false;
      const std::string from = text.substr(0, text.size() - 2);
      const Scalar first =
          from == "random" ? drawn_values(spec, run_seed()).front() : graph::parse_scalar(spec.kind, from);
      add_list(told, param, name, mark, graph::ScalarList::endless(std::get<std::int64_t>(first), 1));
    } catch (const std::invalid_argument& e) {
      fault(mark, "param '" + spec.id + "': " + e.what());
    }
    return true;
  }

  void add_list(Told& told, int param, const std::string& name, const Mark& mark, const graph::ScalarList& list) {
    const auto [given, added] = told.params.try_emplace(param);
    if (!added) return fault_alone(param, mark);
    given->second = {{}, mark, name, list};
  }

  /// The graph's own default may be to draw.
  void draw_default_seed(Told& told) {
    if (!sources_->begins_run) return;
    for (std::size_t i = 0; i < graph_.params.size(); ++i) {
      const graph::Param& param = graph_.params[i];
      if (param.bound || !param.value || !param.value->is_constant() || told.params.contains(static_cast<int>(i)))
        continue;
      if (param.kind == Kind::kInt && says_random(param, graph::to_text(param.value->constant)))
        add_list(told, static_cast<int>(i), param.id, param.mark, drawn_values(param, run_seed()));
    }
  }

  void read_zip(Told& told, const std::string& text) {
    const int param = graph_.find_param(text.substr(0, text.find('=')));
    if (param >= 0 && told.params.contains(param))
      return fault({"--zip " + graph_.params[param].id}, "the param is set by another flag, too: use one or the other");
    const std::size_t places = told.places.size();
    read_pair(told, "--zip", text, sweep_values);
    if (param >= 0 && told.params.contains(param)) told.params[param].along = graph::Along::kZip;
    if (told.places.size() > places) told.places.back().zipped = true;
  }

  /// What a param has beside the table, for what the graph's `items:` makes of it.
  Scalar told_value(const Told& told, int param) const {
    const auto given = told.params.find(param);
    const graph::Param& spec = graph_.params[param];
    if (given != told.params.end() && given->second.list) return given->second.list->front();
    if (given != told.params.end() && !given->second.values.empty())
      return graph::convert(given->second.values[0], spec.kind).value_or(given->second.values[0]);
    if (!spec.value) throw std::invalid_argument("it needs param '" + spec.id + "', which has no value yet");
    return graph::evaluate(graph_, *spec.value, [&](int other) { return told_value(told, other); });
  }

  /// The columns of --items, or of the graph's `items:`.
  void add_table(Told& told, const Told& flags, ParamSettings& settings) {
    const bool own = sources_->begins_run && graph_.items;
    if ((sources_->items.empty() && !own) || !faults_.empty()) return;
    const ItemsOptions options{[this] { return run_seed(); }, folder_,
                               [&](int param) { return told_value(told, param); }};
    try {
      ItemsTable table =
          sources_->items.empty() ? read_graph_items(graph_, options) : read_items(graph_, sources_->items, options);
      settings.nothing_left = table.rows == 0 && table.skipped > 0;
      if (table.rows == 0) return;
      for (graph::Assignment& column : table.columns) {
        const int param = graph_.find_param(column.name);
        const auto place = std::ranges::find(flags.places, param, &GivenPlace::param);
        const bool given = flags.params.contains(param) || place != flags.places.end();
        if (given) {
          fault(flags.params.contains(param) ? flags.params.at(param).mark : place->given.mark,
                "param '" + column.name + "' is a column of '" + column.mark.file + "', too: use one or the other");
        }
        told.params[param] = {{}, column.mark, column.name, std::move(column.values), graph::Along::kTable};
      }
    } catch (const graph::Faults& faults) {
      faults_.insert(faults_.end(), faults.list().begin(), faults.list().end());
    }
  }

  /// The values that a text stands for, or none and a fault.
  std::vector<Scalar> values_of(Values values, int param, const std::string& text, const Mark& mark) {
    if (full_.contains(param)) return {};
    const Param& its = graph_.params[param];
    if (its.kind == Kind::kData) return data_values(its, values, text, mark);
    if (its.nullable && (text == "null" || text == "~")) return {graph::Data()};
    try {
      std::vector<Scalar> found = values(its.kind, graph::seed_text(its.id, its.kind, its.range, text));
      for (Scalar& one : found) {
        if (auto* path = std::get_if<graph::Path>(&one)) path->text = base::with_home(path->text);
      }
      return found;
    } catch (const std::invalid_argument& e) {
      fault(mark, "param '" + graph_.params[param].id + "': " + e.what());
      return {};
    }
  }

  /// Of a sweep: several, split where its texts are.
  std::vector<Scalar> data_values(const Param& param, Values values, const std::string& text, const Mark& mark) {
    try {
      std::vector<Scalar> documents;
      for (const Scalar& one : values(Kind::kString, text))
        documents.emplace_back(read_data_value(param.range.shape.get(), std::get<std::string>(one), mark));
      return documents;
    } catch (const std::invalid_argument& e) {
      fault(mark, "param '" + param.id + "': " + e.what());
      return {};
    }
  }

  /// `num_seeds` and `seed_offset`: true when `name` is one of them and none of the graph's own.
  bool read_seed_setting(Told& told, const std::string& name, const std::optional<std::string>& text,
                         const Mark& mark) {
    const bool is_count = kebab(name) == "num-seeds";
    if ((!is_count && kebab(name) != "seed-offset") || graph_.find_param(name) >= 0) return false;
    try {
      if (seed_ < 0) {
        throw std::invalid_argument("graph '" + graph_.name + "' has no int param 'seed' for it to count from, or " +
                                    "declares num_seeds or seed_offset itself");
      }
      if (!text) throw std::invalid_argument("a value is due: --" + name + " N");
      const Scalar value = graph::parse_scalar(Kind::kInt, *text);
      if (is_count && std::get<std::int64_t>(value) < 1) throw std::invalid_argument("must be 1 or more, got " + *text);
      (is_count ? told.count : told.offset) = Given{{value}, mark};
    } catch (const std::invalid_argument& e) {
      fault(mark, e.what());
    }
    return true;
  }

  /// A place in a data param: true when `name` is one.
  bool read_place(Told& told, const std::string& name, const std::optional<std::string>& text, Values values,
                  const Mark& mark) {
    std::optional<graph::DataPlace> place;
    try {
      place = graph::parse_place(name);
      if (!place) return false;
      const int param = graph_.find_param(place->param);
      if (param < 0) return false;
      if (graph_.params[param].kind != Kind::kData) {
        throw std::invalid_argument("param '" + graph_.params[param].id + "' is " +
                                    kind_name(graph_.params[param].kind) + ", and only data has places inside");
      }
      if (!text) throw std::invalid_argument("a value is due: --" + name + " VALUE");
      place->param = graph_.params[param].id;
      add_place(told, {param, *place, {place_values(param, *place, *text, values, mark), mark, name}});
    } catch (const std::invalid_argument& e) {
      fault(mark, e.what());
    }
    return true;
  }

  /// What is said of one place several times is one list.
  static void add_place(Told& told, GivenPlace&& more) {
    const auto same = [&](const GivenPlace& one) {
      return one.param == more.param && one.given.name == more.given.name;
    };
    const auto found = std::ranges::find_if(told.places, same);
    if (found == told.places.end()) return told.places.push_back(std::move(more));
    std::vector<Scalar>& values = found->given.values;
    values.insert(values.end(), more.given.values.begin(), more.given.values.end());
  }

  /// By the type that the shape has there; data where it has none.
  std::vector<Scalar> place_values(int param, const graph::DataPlace& place, const std::string& text, Values values,
                                   const Mark& mark) {
    const auto& whole = graph_.params[param].range.shape;
    const graph::Shape* shape = whole ? graph::shape_at(*whole, place) : nullptr;
    const bool leaf = shape && shape->sort == graph::Shape::Sort::kLeaf;
    if (leaf && !(shape->nullable && text == "null")) return values(shape->kind, text);
    std::vector<Scalar> documents;
    for (const Scalar& one : values(Kind::kString, text))
      documents.emplace_back(read_data_value(shape, std::get<std::string>(one), mark));
    return documents;
  }

  void set_place(Told& told, const GivenPlace& place, const std::vector<graph::Assignment>& recorded) {
    const Param& param = graph_.params[place.param];
    Given& whole = told.params[place.param];
    if (whole.values.empty()) {
      whole.mark = place.given.mark;
      for (const graph::Assignment& one : recorded) {
        if (one.name == param.id) whole.values.assign(one.values.begin(), one.values.end());
      }
      if (whole.values.empty() && param.value && param.value->is_constant()) whole.values = {param.value->constant};
    }
    if (whole.values.empty()) {
      return fault(place.given.mark, "param '" + param.id + "' must be given before a place in it is set");
    }
    std::vector<Scalar> documents;
    const auto put = [&](const Scalar& document, const Scalar& value) {
      documents.emplace_back(graph::replaced(std::get<graph::Data>(document), place.place,
                                             graph::data_of_scalar(value, place.given.mark), param.range.shape.get()));
    };
    const std::vector<Scalar>& values = place.given.values;
    try {
      if (place.zipped) {
        if (whole.values.size() != 1 && whole.values.size() != values.size())
          throw std::invalid_argument("it has " + std::to_string(values.size()) + " values, and '" + param.id + "' " +
                                      std::to_string(whole.values.size()) + ": what steps together has one length");
        for (std::size_t i = 0; i < values.size(); ++i) put(whole.values[whole.values.size() == 1 ? 0 : i], values[i]);
        whole.along = graph::Along::kZip;
      } else {
        for (const Scalar& document : whole.values)
          for (const Scalar& value : values) put(document, value);
      }
    } catch (const std::invalid_argument& e) {
      return fault(place.given.mark, e.what());
    }
    if (documents.size() > kMostValues.most()) {
      return fault(place.given.mark, "param '" + param.id + "': too many values: at most " + kMostValues.text());
    }
    whole.values = std::move(documents);
  }

  /// See data_value(); what is wrong with it is gathered.
  graph::Data read_data_value(const graph::Shape* shape, const std::string& text, const Mark& mark,
                              const std::string& folder = "") {
    try {
      return data_value(shape, text, mark, folder);
    } catch (const graph::Faults& faults) {
      faults_.insert(faults_.end(), faults.list().begin(), faults.list().end());
      return {};
    }
  }

  /// What a flag with one dash stands for.
  void read_short(Told& told, const Flag& flag) {
    const Mark mark{"-" + flag.name};
    const auto found = std::ranges::find_if(
        graph_.params, [&](const Param& param) { return !param.bound && param.flag == flag.name; });
    if (found == graph_.params.end()) {
      const bool known = graph_.find_param(flag.name) >= 0 || std::ranges::count(options_, kebab(flag.name)) > 0;
      std::vector<std::string> names;
      for (const Param& param : graph_.params) {
        if (!param.bound && !param.flag.empty()) names.push_back("-" + param.flag);
      }
      std::string cure = known ? "; did you mean --" + kebab(flag.name) + "?" : base::did_you_mean(mark.file, names);
      if (cure.empty()) cure = near(flag.name, "--", options_);
      return fault(mark, "graph '" + graph_.name + "' has no such short flag, and the command no such option" + cure);
    }
    read_flag(told, {found->id, flag.value});
  }

  void read_flag(Told& told, const Flag& flag) {
    if (flag.is_short) return read_short(told, flag);
    const Mark mark{"--" + flag.name};
    if (read_place(told, flag.name, flag.value, flag_values, mark)) return;
    if (read_seed_setting(told, flag.name, flag.value, mark)) return;
    if (const int param = graph_.find_param(flag.name); param >= 0) {
      const Kind kind = graph_.params[param].kind;
      if (flag.value && read_open(told, param, flag.name, mark, *flag.value)) return;
      if (flag.value) add(told, param, flag.name, mark, values_of(flag_values, param, *flag.value, mark));
      else if (kind == Kind::kBool) add(told, param, flag.name, mark, {true});
      else fault(mark, "a value is due: --" + flag.name + " " + graph::describe(kind, graph_.params[param].range));
      return;
    }
    const bool negated = kebab(flag.name).rfind("no-", 0) == 0;
    const int param = negated ? graph_.find_param(flag.name.substr(3)) : -1;
    if (param < 0) return fault(mark, unknown(flag.name));
    if (graph_.params[param].kind != Kind::kBool) {
      fault(mark,
            "param '" + graph_.params[param].id + "' is " + kind_name(graph_.params[param].kind) + " and no bool");
    } else if (flag.value) {
      fault(mark, "takes no value, got '" + *flag.value + "'");
    } else {
      add(told, param, flag.name.substr(3), mark, {false});
    }
  }

  /// NAME=TEXT of --param and --sweep.
  void read_pair(Told& told, const std::string& option, const std::string& text, Values values) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const Mark mark{option + " " + name};
    if (equals == std::string::npos) return fault(mark, "expected " + option + " NAME=VALUE");
    const std::string value = text.substr(equals + 1);
    if (read_seed_setting(told, name, value, mark) || read_place(told, name, value, values, mark)) return;
    const int param = graph_.find_param(name);
    if (param < 0) return fault(mark, "graph '" + graph_.name + "' has no param '" + name + "'" + near(name, "", {}));
    if (option != "--zip" && read_open(told, param, name, mark, value)) return;
    add(told, param, name, mark, values_of(values, param, value, mark));
  }

  void read_file(const std::string& path, Told& told, std::string& output_dir) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    for (const FileSetting& setting : read_params_file(graph_, path)) {
      if (setting.param >= 0) {
        read_setting(told, setting);
      } else if (const std::string text = leaf_of(setting.value);
                 read_seed_setting(told, setting.name, text, setting.value.mark())) {
        continue;
      } else if (kebab(setting.name) == "output-dir" || setting.joined == "output_dir") {
        output_dir = (folder / text).lexically_normal().string();
      } else {
        fault(setting.mark,
              "graph '" + graph_.name + "' has no param '" + setting.name + "'" + near(setting.name, "", {}));
      }
    }
  }

  static std::string leaf_of(const graph::Data& data) {
    return data.sort() == graph::Data::Sort::kText ? data.as<std::string>() : "";
  }

  /// A param in a params file: one value, or a list of values to sweep.
  void read_setting(Told& told, const FileSetting& setting) {
    const Param& param = graph_.params[setting.param];
    const graph::Data& value = setting.value;
    if (param.kind == Kind::kData) {
      const bool file = value.sort() == graph::Data::Sort::kText && value.as<std::string>().starts_with('@');
      const graph::Data data =
          file ? read_data_value(nullptr, value.as<std::string>(), value.mark(), value.folder()) : value;
      return add(told, setting.param, setting.name, setting.mark, {data});
    }
    if (value.is_null()) {
      if (read_open(told, setting.param, setting.name, setting.mark, "null")) return;
      return add(told, setting.param, setting.name, setting.mark, {graph::Data()});
    }
    const std::vector<graph::Data> one{value};
    for (const graph::Data& item : value.sort() == graph::Data::Sort::kList ? value.items() : one) {
      if (item.is_null()) continue;
      if (item.sort() != graph::Data::Sort::kText) {
        fault(item.mark(),
              "param '" + setting.name + "': expected a list of values to sweep, found " + sort_text(item) + " in it");
        continue;
      }
      const std::string text = item.as<std::string>();
      if (read_open(told, setting.param, setting.name, item.mark(), text)) continue;
      std::vector<Scalar> values = values_of(flag_values, setting.param, text, item.mark());
      for (Scalar& scalar : values) {
        if (auto* file = std::get_if<graph::Path>(&scalar)) file->text = graph::found_path(file->text, item.folder());
      }
      add(told, setting.param, setting.name, item.mark(), std::move(values));
    }
  }

  void spread_seeds(Told& told) {
    if (!told.count && !told.offset) return;
    const Mark mark = told.count ? told.count->mark : told.offset->mark;
    if (seed_ < 0) return;
    const Param& seed = graph_.params[seed_];
    std::vector<Scalar> values;
    const auto given_seed = told.params.find(seed_);
    const bool drawn =
        given_seed != told.params.end() && given_seed->second.list && given_seed->second.list->is_drawn();
    if (drawn) values = {given_seed->second.list->front()};
    else if (given_seed != told.params.end() && given_seed->second.along != graph::Along::kItself)
      return fault(mark, "counts from one seed, and the seeds are a column: leave it out");
    else if (given_seed != told.params.end() && given_seed->second.list)
      return fault(mark, "counts from one seed, and --seed counts without end: use one or the other");
    else if (given_seed != told.params.end()) values = given_seed->second.values;
    else if (seed.value && seed.value->is_constant()) values = {seed.value->constant};
    if (values.size() != 1) {
      return fault(mark, values.empty() ? "needs a seed to count from: --seed N"
                                        : "counts from one seed, and --seed gives a list: use one or the other");
    }
    const std::int64_t count = told.count ? std::get<std::int64_t>(told.count->values[0]) : 1;
    const std::int64_t offset = told.offset ? std::get<std::int64_t>(told.offset->values[0]) : 0;
    std::int64_t first = 0, last = 0;
    if (__builtin_add_overflow(std::get<std::int64_t>(values[0]), offset, &first) ||
        __builtin_add_overflow(first, count - 1, &last)) {
      return fault(mark, "the seeds go beyond what an int holds");
    }
    if (count > static_cast<std::int64_t>(kMostValues.most())) {
      return fault(mark, std::to_string(count) + " seeds are too many: at most " + kMostValues.text());
    }
    Given given{{}, mark};
    for (std::int64_t i = 0; i < count; ++i) given.values.emplace_back(first + i);
    told.params[seed_] = std::move(given);
  }

  std::string near(const std::string& name, const std::string& dashes, const std::vector<std::string>& more) const {
    std::vector<std::string> names;
    for (const Param& param : graph_.params) {
      if (!param.bound) names.push_back(dashes + (dashes.empty() ? param.id : kebab(param.id)));
    }
    for (const std::string& option : more) names.push_back(dashes + option);
    return base::did_you_mean(dashes + (dashes.empty() ? name : kebab(name)), names);
  }

  std::string unknown(const std::string& name) const {
    std::vector<std::string> more = options_;
    if (seed_ >= 0) more.insert(more.end(), {"num-seeds", "seed-offset"});
    std::string cure = here_called(name, more);
    if (cure.empty()) cure = near(name.substr(0, name.find_first_of("[.")), "--", more);
    if (cure.empty()) cure = names_of_params();
    return "graph '" + graph_.name + "' has no param of that name, and the command no such option" + cure;
  }

  /// What other programs call it: "; here it is --steps".
  std::string here_called(const std::string& name, const std::vector<std::string>& more) const {
    static const std::map<std::string, std::string> kElsewhere{{"batch-count", "num-seeds"},
                                                               {"cfg", "guidance-scale"},
                                                               {"cfg-scale", "guidance-scale"},
                                                               {"checkpoint", "model"},
                                                               {"ckpt", "model"},
                                                               {"ddim-steps", "steps"},
                                                               {"denoising-strength", "strength"},
                                                               {"lora-weights", "lora"},
                                                               {"model-id", "model"},
                                                               {"model-path", "model"},
                                                               {"n-samples", "num-seeds"},
                                                               {"num-images", "num-seeds"},
                                                               {"neg-prompt", "negative-prompt"},
                                                               {"num-images-per-prompt", "num-seeds"},
                                                               {"num-inference-steps", "steps"},
                                                               {"outdir", "output-dir"},
                                                               {"output", "output-dir"},
                                                               {"output-path", "output-dir"},
                                                               {"precision", "dtype"},
                                                               {"pretrained-model-name-or-path", "model"},
                                                               {"sampler", "scheduler"},
                                                               {"sampler-name", "scheduler"},
                                                               {"sampling-method", "scheduler"},
                                                               {"sampling-steps", "steps"}};
    const auto found = kElsewhere.find(kebab(name));
    if (found == kElsewhere.end()) return "";
    const bool known = graph_.find_param(found->second) >= 0 || std::ranges::count(more, found->second) > 0;
    return known ? "; here it is --" + found->second : "";
  }

  std::string names_of_params() const {
    constexpr std::size_t kShown = 12;
    std::vector<std::string> names;
    for (const Param& param : graph_.params) {
      if (!param.bound) names.push_back("--" + kebab(param.id));
    }
    if (names.empty()) return "; it has no params at all";
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
    return "; its params are " + text + (names.size() > kShown ? ", … (decoupage run GRAPH --help lists all)" : "");
  }

  const graph::Graph& graph_;
  const ParamSources* sources_ = nullptr;
  std::string folder_;  ///< where the run goes, or ""
  std::optional<std::uint64_t> run_seed_;
  int seed_ = -1;  ///< the param that num_seeds spreads, or -1
  std::vector<std::string> options_;
  std::set<int> full_;  ///< params that were given too many values: no more are made
  std::vector<graph::Fault> faults_;
};

bool is_plain(const std::string& word) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c >= 0x80 || std::strchr("_-./,:=+@%", c); };
  return !word.empty() && std::all_of(word.begin(), word.end(), plain);
}

}  // namespace

std::string kebab(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string shell_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (is_plain(word)) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::vector<graph::Override> read_overrides(const std::vector<std::string>& sets) {
  std::vector<graph::Override> overrides;
  std::vector<graph::Fault> faults;
  for (const std::string& text : sets) {
    const std::size_t equals = text.find('=');
    const std::size_t dot = equals == std::string::npos ? equals : text.rfind('.', equals);
    if (dot == std::string::npos || dot == 0 || dot + 1 == equals) {
      faults.push_back({graph::Mark{"--set " + text, 0, 0}, "expected --set NODE.PROPERTY=VALUE"});
    } else {
      overrides.push_back({text.substr(0, dot), text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1)});
    }
  }
  if (!faults.empty()) throw graph::Faults(std::move(faults));
  return overrides;
}

ParamSettings read_params(const graph::Graph& graph, const ParamSources& sources) {
  return Reader(graph).read(sources);
}

}  // namespace program
