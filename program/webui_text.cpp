// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "program/recipe.h"
#include "program/version.h"

namespace program {
namespace {

/// webui's fields, in its order, and the names under which a graph may have them.
struct Field {
  const char* title;
  std::array<const char*, 3> names;
};
constexpr std::array<Field, 5> kFields{{
    {"Steps", {"steps", "num_inference_steps", ""}},
    {"Sampler", {"sampler", "scheduler", ""}},
    {"CFG scale", {"cfg_scale", "guidance_scale", ""}},
    {"Seed", {"seed", "", ""}},
    {"Model", {"model", "model_id", ""}},
}};

/// Values that would not read back as one field are quoted, as webui does.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\n:") == std::string::npos) return text;
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Of a path only its last part: the same wherever a run was started, and nothing about the person's folders.
std::string shown(const graph::Scalar& value) {
  if (const auto* path = std::get_if<graph::Path>(&value)) {
    const std::filesystem::path whole(path->text);
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
  }
  return graph::to_text(value);
}

/// Hands out each param once.
class Params {
 public:
  explicit Params(const graph::Item& item) : item_(item) {}

  std::string take(const std::string& name) {
    for (const graph::Item::Param& param : item_.params) {
      std::string known = param.name;
      std::replace(known.begin(), known.end(), '-', '_');
      if (known == name && taken_.insert(param.name).second) return shown(param.value);
    }
    return "";
  }

  bool left(const std::string& name) const { return taken_.count(name) == 0; }

 private:
  const graph::Item& item_;
  std::set<std::string> taken_;
};

}  // namespace

std::string webui_text(const graph::Item& item) {
  Params params(item);
  std::string text = params.take("prompt");
  if (!text.empty()) text += "\n";
  if (const std::string negative = params.take("negative_prompt"); !negative.empty()) {
    text += "Negative prompt: " + negative + "\n";
  }
  std::string line;
  const auto add = [&](const std::string& title, const std::string& value) {
    line += (line.empty() ? "" : ", ") + title + ": " + quoted(value);
  };
  for (const Field& field : kFields) {
    if (std::string(field.title) == "Model") {
      const std::string width = params.take("width"), height = params.take("height");
      if (!width.empty() && !height.empty()) add("Size", width + "x" + height);
      else if (!width.empty() || !height.empty()) add(width.empty() ? "height" : "width", width + height);
    }
    for (const char* name : field.names) {
      const std::string value = *name ? params.take(name) : "";
      if (value.empty()) continue;
      add(field.title, value);
      break;
    }
  }
  for (const graph::Item::Param& param : item.params) {
    if (params.left(param.name)) add(param.name, shown(param.value));
  }
  add("Version", "decoupage " + version());
  return text + line;
}

}  // namespace program
