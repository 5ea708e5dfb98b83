// SPDX-License-Identifier: MIT
#include "program/recipe.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include "observers/record/recorded_paths.h"
#include "program/dependence.h"
#include "program/version.h"

namespace program {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const graph::Scalar& value) {
  switch (graph::kind_of(value)) {
    case graph::Kind::kInt:
      return std::get<std::int64_t>(value);
    case graph::Kind::kFloat:
      return std::get<double>(value);
    case graph::Kind::kBool:
      return std::get<bool>(value);
    default:
      return graph::to_text(value);
  }
}

/// Texts of any bytes; what is not UTF-8 is replaced.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Maker {
 public:
  Maker(const graph::Plan& plan, const RecipeOptions& options)
      : plan_(plan),
        paths_(plan.graph()),
        plugins_(options.plugins),
        deterministic_(options.deterministic),
        run_seed_(options.run_seed),
        overrides_(observers::recorded_overrides(plan.graph(), options.overrides)) {
    for (const graph::Assignment& assignment : options.assignments) {
      set_.insert(plan.graph().find_param(assignment.name));
    }
    for (const auto& [path, text] : plan.graph().files)
      files_.push_back({{"path", graph::resolved(path)}, {"text", text}});
  }

  std::vector<graph::Text> make(int node, graph::Item item, const std::vector<graph::Pick>& picks) const {
    const Dependence& needed = needed_by(node);
    Json recipe;
    recipe["decoupage"] = version();
    recipe["files"] = files_;
    recipe["params"] = params(node, item, needed.params);
    if (Json kept = kept_picks(node, picks, needed.nodes); !kept.empty()) recipe["picks"] = std::move(kept);
    recipe["set"] = overrides_;
    recipe["item"] = item.index;
    recipe["node"] = plan_.graph().nodes[node].id;
    recipe["plugins"] = plugins_;
    recipe["deterministic"] = deterministic_;
    if (plan_.after_gather(node)) add_axes(recipe);
    std::erase_if(item.params, [&](const graph::Item::Param& param) {
      return needed.params.count(plan_.graph().find_param(param.name)) == 0;
    });
    std::vector<graph::Text> texts{{kRecipeKeyword, dump(recipe)}};
    if (std::string text = webui_text(item, told(node, picks, needed.nodes)); !text.empty())
      texts.push_back({kParametersKeyword, std::move(text)});
    return texts;
  }

 private:
  const Dependence& needed_by(int node) const {
    const std::lock_guard lock(mutex_);
    const auto found = needed_.find(node);
    if (found != needed_.end()) return found->second;
    return needed_.emplace(node, dependence_of(plan_, node)).first->second;
  }

  /// Those that the result was made of, in an order that does not depend on when they were made.
  Json kept_picks(int node, const std::vector<graph::Pick>& picks, const std::set<int>& needed) const {
    const bool gathered = plan_.after_gather(node);
    const auto place = [](const graph::Pick& pick) {
      return std::tie(pick.item, pick.node, pick.turns, pick.element, pick.name);
    };
    std::map<decltype(place(picks.front())), const graph::Pick*> kept;
    for (const graph::Pick& pick : picks) {
      const bool of_it = gathered ? pick.item >= 0 || plan_.after_gather(pick.node) : pick.item < 0;
      if (of_it && !pick.told && needed.count(pick.node)) kept[place(pick)] = &pick;
    }
    Json json = Json::array();
    for (const auto& [at, pick] : kept) json.push_back(pick_json(*pick));
    return json;
  }

  /// Of what gathers items only what was told since: no item stands for all. Where several nodes tell the same, the
  /// first in the graph counts, and of a loop's turns the first.
  ToldTexts told(int node, const std::vector<graph::Pick>& picks, const std::set<int>& needed) const {
    const bool gathered = plan_.after_gather(node);
    std::map<std::string, const graph::Pick*> first;
    for (const graph::Pick& pick : picks) {
      if (!pick.told || needed.count(pick.node) == 0 || (gathered && !plan_.after_gather(pick.node))) continue;
      const graph::Pick*& known = first[pick.name];
      const auto place = [](const graph::Pick& of) { return std::tie(of.node, of.turns, of.element); };
      if (known == nullptr || place(pick) < place(*known)) known = &pick;
    }
    ToldTexts told;
    for (const auto& [name, pick] : first) told[name] = pick->picked.front();
    return told;
  }

  Json pick_json(const graph::Pick& pick) const {
    Json json{{"node", plan_.graph().nodes[pick.node].id}, {"name", pick.name}};
    if (!pick.turns.empty()) json["turns"] = pick.turns;
    if (!pick.element.empty()) json["element"] = pick.element;
    if (pick.item >= 0) json["item"] = pick.item;
    json["picked"] = pick.picked;
    return json;
  }

  Json params(int node, const graph::Item& item, const std::set<int>& needed) const {
    Json json = Json::object();
    for (int index : set_) {
      const graph::Param& param = plan_.graph().params[index];
      const int sweep = find_sweep(index);
      if (sweep >= 0 && plan_.after_gather(node)) {
        json[param.id] = Json::array();
        for (const graph::Scalar& value : observers::telling_values(plan_, sweep))
          json[param.id].push_back(to_json(paths_.of(index, value)));
      } else if (needed.count(index)) {
        for (const graph::Item::Param& given : item.params) {
          if (given.name == param.id) json[param.id] = to_json(paths_.of(index, given.value));
        }
      } else if (!param.value) {
        // Of no effect on this picture, but a run must give it: the same value whatever the item.
        json[param.id] = to_json(paths_.of(index, plan_.param(index, 0)));
      }
    }
    return json;
  }

  int find_sweep(int param) const {
    const auto& sweeps = plan_.sweeps();
    const auto found = std::ranges::find(sweeps, param, &graph::Plan::Sweep::param);
    return found == sweeps.end() ? -1 : static_cast<int>(found - sweeps.begin());
  }

  /// How the values of what gathers step, where that is not each for itself.
  void add_axes(Json& recipe) const {
    for (const graph::Plan::Sweep& sweep : plan_.sweeps()) {
      const std::string along = observers::along_word(sweep);
      if (!along.empty()) recipe["along"][plan_.graph().params[sweep.param].id] = along;
    }
    if (plan_.max_items() > 0) recipe["max_items"] = plan_.max_items();
    if (run_seed_) recipe["run_seed"] = *run_seed_;
  }

  const graph::Plan& plan_;
  const observers::RecordedPaths paths_;
  std::vector<std::string> plugins_;
  const bool deterministic_;
  const std::optional<std::uint64_t> run_seed_;
  std::set<int> set_;  ///< params that the run was given, in order of declaration
  Json files_ = Json::array(), overrides_;
  mutable std::mutex mutex_;
  mutable std::map<int, Dependence> needed_;  ///< by node, as they are asked for
};

}  // namespace

graph::RecipeMaker recipe_maker(const graph::Plan& plan, const RecipeOptions& options) {
  return [maker = std::make_shared<const Maker>(plan, options)](int node, const graph::Item& item,
                                                                const std::vector<graph::Pick>& picks) {
    return maker->make(node, item, picks);
  };
}

}  // namespace program
