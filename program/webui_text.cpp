// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "program/recipe.h"
#include "program/version.h"

namespace program {
namespace {

/// webui's fields, in its order, and the names under which a graph may have them. What a node tells has the title.
struct Field {
  const char* title;
  std::vector<const char*> names;
};
const std::vector<Field>& fields() {
  static const std::vector<Field> kFields{
      {"Steps", {"steps", "num_inference_steps"}},
      {"Sampler", {"sampler", "scheduler"}},
      {"Schedule type", {"schedule_type"}},
      {"CFG scale", {"cfg_scale", "guidance_scale"}},
      {"Seed", {"seed"}},
      {"Size", {}},
      {"Model", {"model", "model_id"}},
      {"Denoising strength", {"denoising_strength", "strength"}},
  };
  return kFields;
}

/// Fewer are a line of the prompt to webui's reader.
constexpr int kFewestFields = 3;

/// Values that would not read back as one field are quoted, as webui does, and what would be taken for quoted, too.
std::string quoted(const std::string& text) {
  const bool plain = text.find_first_of(",\n:\"") == std::string::npos && text.front() != ' ' && text.back() != ' ';
  return plain ? text : nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A model goes by its file's name without the ending.
std::string without_ending(const std::string& model) {
  const std::filesystem::path path(model);
  static const std::vector<std::string> kEndings{".safetensors", ".ckpt", ".pt", ".pth", ".bin"};
  return std::ranges::count(kEndings, path.extension().string()) > 0 ? path.stem().string() : model;
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

/// Of the picture itself, or as it was asked for.
std::string size_text(Params& params, const ToldTexts& told) {
  const std::string width = params.take("width"), height = params.take("height");
  if (const auto known = told.find("Size"); known != told.end()) return known->second;
  return width.empty() || height.empty() ? "" : width + "x" + height;
}

}  // namespace

std::string webui_text(const graph::Item& item, const ToldTexts& told) {
  Params params(item);
  const std::string prompt = params.take("prompt"), negative = params.take("negative_prompt");
  std::string line;
  int count = 0;
  const auto add = [&](const std::string& title, const std::string& value) {
    if (value.empty()) return;  // readers trip over it
    // A letter alone is not a name to readers.
    line += (line.empty() ? "" : ", ") + std::string(title.size() == 1 ? "param " : "") + title + ": " + quoted(value);
    ++count;
  };
  const std::string size = size_text(params, told);
  if (told.contains("Schedule type")) params.take("karras");
  for (const Field& field : fields()) {
    std::string value = field.title == std::string("Size") ? size : "";
    for (const char* name : field.names) {
      if (std::string given = params.take(name); value.empty()) value = std::move(given);
    }
    if (const auto known = told.find(field.title); known != told.end()) value = known->second;
    add(field.title, field.title == std::string("Model") ? without_ending(value) : value);
  }
  for (const auto& [title, value] : told) {
    if (std::ranges::none_of(fields(), [&](const Field& field) { return field.title == title; })) add(title, value);
  }
  for (const graph::Item::Param& param : item.params) {
    if (params.left(param.name)) add(param.name, shown(param.value));
  }
  add("Version", "decoupage " + version());
  if (count < kFewestFields) return "";
  if (prompt.empty() && negative.empty() && !line.starts_with("Steps: ")) return line;
  return prompt + "\nNegative prompt: " + negative + "\n" + line;
}

}  // namespace program
