// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "graph/run.h"
#include "imaging/texts/picture_texts.h"
#include "observers/record/run_record.h"

/// The recipe that a picture carries (docs/runs.md): a JSON text under kRecipeKeyword, which `decoupage rerun` makes
/// the picture from again, and under kParametersKeyword the same for people and other programs, in the form of
/// stable-diffusion-webui. Nothing in it depends on time, lanes or load, so that the same run gives the same bytes.
namespace program {

inline constexpr const char* kRecipeKeyword = "decoupage";
inline constexpr const char* kParametersKeyword = imaging::kWebUiKeyword;

/// What a run was given beside its graph.
struct RecipeOptions {
  std::vector<graph::Assignment> assignments;
  std::vector<graph::Override> overrides;
  std::vector<std::string> plugins;         ///< absolute paths
  bool deterministic = false;               ///< it was run so: the same bits whatever the lanes
  std::optional<std::uint64_t> run_seed{};  ///< where something is drawn
};

/// Makes recipes for a run of `plan`, which must outlive it. Thread-safe. A picture that one item makes keeps the
/// values of the params that it depends on, and what was picked for it; one that gathers items keeps all swept values,
/// since all are needed to make it, and what was picked for each.
graph::RecipeMaker recipe_maker(const graph::Plan& plan, const RecipeOptions& options);

/// A recipe that was read back.
struct Recipe {
  struct Pick {
    std::string node;
    graph::Pick pick;  ///< its `node` is not set
  };
  std::string version;
  std::vector<std::pair<std::string, std::string>> files;  ///< path and text, the main one first
  std::vector<observers::RecordedParam> params;
  std::vector<Pick> picks;
  std::int64_t max_items = 0;             ///< of what gathers: see graph::Plan
  std::optional<std::uint64_t> run_seed;  ///< likewise, where something is drawn
  std::vector<graph::Override> overrides;
  std::vector<std::string> plugins;
  bool deterministic = false;
  std::int64_t item = 0;
  std::string node;
};

/// Throws std::runtime_error that names `place` and what is missing or has another type.
Recipe parse_recipe(const std::string& text, const std::string& place);

/// The text under `keyword` of a picture. Throws UsageError when the file is not a PNG, JPEG or WebP or has none.
std::string picture_text(const std::string& path, const std::string& keyword);

/// What nodes told of a picture (graph::Context::tell), by name.
using ToldTexts = std::map<std::string, std::string>;

/// "a cat\nNegative prompt: dogs\nSteps: 20, Sampler: Euler, Seed: 3, Size: 512x512, Version: decoupage 0.1.0": what
/// was told, else the params under the names that graphs have for it, then the other params. A picture of nothing that
/// web UIs have fields for has no text: "", since their readers take a line of fewer than three fields for a prompt.
///
/// Source: the form that stable-diffusion-webui writes and reads (modules/infotext_utils.py), and ComfyUI's import of
/// it, which looks for a line "Negative prompt:" even where there is none, and for "Steps:" at the head of the last.
std::string webui_text(const graph::Item& item, const ToldTexts& told = {});

}  // namespace program
