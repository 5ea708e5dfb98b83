// SPDX-License-Identifier: MIT
#include "program/params.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include "base/names.h"
#include "graph/load.h"
#include "program/param_values.h"

namespace program {
namespace {

using graph::Kind;
using graph::Mark;
using graph::Scalar;

struct Given {
  std::vector<Scalar> values;
  Mark mark;
  std::string name{};  ///< as written, with '_'
};

/// What a run was told of its params by one source: the params file or the command line.
struct Told {
  std::map<int, Given> params;         ///< by index into Graph::params
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
    ParamSettings settings;
    Told told, flags;
    if (!sources.file.empty()) read_file(sources.file, told, settings.output_dir);
    for (const Flag& flag : sources.flags) read_flag(flags, flag);
    for (const std::string& text : sources.named) read_pair(flags, "--param", text, flag_values);
    for (const std::string& text : sources.sweeps) read_pair(flags, "--sweep", text, sweep_values);
    for (Told* source : {&told, &flags}) join_lists(*source);
    settings.given = given_settings(flags);
    drop_count(told, flags);
    for (auto& [param, given] : flags.params) told.params[param] = std::move(given);
    if (flags.count) told.count = flags.count;
    if (flags.offset) told.offset = flags.offset;
    spread_seeds(told);
    if (!faults_.empty()) throw graph::Faults(std::move(faults_));
    for (auto& [param, given] : told.params) {
      settings.assignments.push_back({graph_.params[param].id, std::move(given.values), given.mark});
    }
    return settings;
  }

 private:
  using Values = std::vector<Scalar> (*)(Kind, const std::string&);

  /// What several values of a param that is a list stand for: one text.
  void join_lists(Told& told) const {
    for (auto& [param, given] : told.params) {
      if (!graph_.params[param].list || given.values.size() < 2 || given.mark.file.starts_with("--sweep")) continue;
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
      if (found != flags.params.end() && !found->second.values.empty()) {
        const bool one = static_cast<int>(i) == seed_ && found->second.values.size() == 1;
        settings.push_back({found->second.name, one ? -1 : static_cast<int>(i), found->second.values[0]});
      }
      if (static_cast<int>(i) == seed_) add_counts();
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
    given.mark = mark;
    given.name = name;
    given.values.insert(given.values.end(), values.begin(), values.end());
    if (given.values.size() > kMostValues.most() && full_.insert(param).second) {
      fault(mark, "param '" + graph_.params[param].id + "': too many values: at most " + kMostValues.text());
    }
  }

  /// The values that a text stands for, or none and a fault.
  std::vector<Scalar> values_of(Values values, int param, const std::string& text, const Mark& mark) {
    if (full_.contains(param)) return {};
    try {
      return values(graph_.params[param].kind, text);
    } catch (const std::invalid_argument& e) {
      fault(mark, "param '" + graph_.params[param].id + "': " + e.what());
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

  void read_flag(Told& told, const Flag& flag) {
    const Mark mark{"--" + flag.name};
    if (read_seed_setting(told, flag.name, flag.value, mark)) return;
    if (const int param = graph_.find_param(flag.name); param >= 0) {
      const Kind kind = graph_.params[param].kind;
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
    if (read_seed_setting(told, name, value, mark)) return;
    const int param = graph_.find_param(name);
    if (param < 0) return fault(mark, "graph '" + graph_.name + "' has no param '" + name + "'" + near(name, "", {}));
    add(told, param, name, mark, values_of(values, param, value, mark));
  }

  void read_file(const std::string& path, Told& told, std::string& output_dir) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    for (const graph::ParamSetting& setting : graph::load_params(path)) {
      for (const graph::Written& value : setting.values) {
        if (value.null || read_seed_setting(told, setting.name, value.text, value.mark)) continue;
        const int param = graph_.find_param(setting.name);
        if (param >= 0) {
          std::vector<Scalar> values = values_of(flag_values, param, value.text, value.mark);
          for (Scalar& scalar : values) {
            if (auto* file = std::get_if<graph::Path>(&scalar))
              file->text = graph::located(file->text, folder.string());
          }
          add(told, param, setting.name, value.mark, std::move(values));
        } else if (kebab(setting.name) == "output-dir") {
          output_dir = (folder / value.text).lexically_normal().string();
        } else {
          fault(value.mark,
                "graph '" + graph_.name + "' has no param '" + setting.name + "'" + near(setting.name, "", {}));
        }
      }
    }
  }

  void spread_seeds(Told& told) {
    if (!told.count && !told.offset) return;
    const Mark mark = told.count ? told.count->mark : told.offset->mark;
    if (seed_ < 0) return;
    const graph::Param& seed = graph_.params[seed_];
    std::vector<Scalar> values;
    if (told.params.count(seed_)) values = told.params[seed_].values;
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
    for (const graph::Param& param : graph_.params) {
      if (!param.bound) names.push_back(dashes + (dashes.empty() ? param.id : kebab(param.id)));
    }
    for (const std::string& option : more) names.push_back(dashes + option);
    return base::did_you_mean(dashes + (dashes.empty() ? name : kebab(name)), names);
  }

  std::string unknown(const std::string& name) const {
    std::vector<std::string> more = options_;
    if (seed_ >= 0) more.insert(more.end(), {"num-seeds", "seed-offset"});
    std::string cure = here_called(name, more);
    if (cure.empty()) cure = near(name, "--", more);
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
    for (const graph::Param& param : graph_.params) {
      if (!param.bound) names.push_back("--" + kebab(param.id));
    }
    if (names.empty()) return "; it has no params at all";
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
    return "; its params are " + text + (names.size() > kShown ? ", … (decoupage run GRAPH --help lists all)" : "");
  }

  const graph::Graph& graph_;
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
