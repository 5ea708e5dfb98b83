// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "imaging/texts/picture_texts.h"
#include "observers/json.h"
#include "program/recipe.h"
#include "program/usage_error.h"

namespace program {
namespace {

using observers::Json;

/// The text that reads back as a param's value.
std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Recipe::Pick pick_of(const Json& json) {
  Recipe::Pick read{json.at("node").get<std::string>(), {}};
  read.pick.name = json.at("name").get<std::string>();
  const auto numbers = [&](const char* key) {
    std::vector<int> all;
    for (const Json& one : json.value(key, Json::array())) all.push_back(observers::whole_number<int>(one));
    return all;
  };
  read.pick.turns = numbers("turns");
  read.pick.element = numbers("element");
  if (json.contains("item")) read.pick.item = observers::whole_number<std::int64_t>(json.at("item"));
  read.pick.picked = json.at("picked").get<std::vector<std::string>>();
  return read;
}

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& place) {
  try {
    const Json json = observers::parse_json(text);
    Recipe recipe;
    recipe.version = json.at("decoupage").get<std::string>();
    for (const Json& file : json.at("files")) {
      recipe.files.emplace_back(file.at("path").get<std::string>(), file.at("text").get<std::string>());
    }
    if (recipe.files.empty()) throw std::runtime_error("it has no graph file");
    for (const auto& [name, value] : json.at("params").items()) {
      std::vector<std::string> values;
      if (value.is_array()) {
        for (const Json& one : value) values.push_back(value_text(one));
      } else {
        values.push_back(value_text(value));
      }
      recipe.params.push_back({name, std::move(values)});
    }
    if (json.contains("picks")) {
      for (const Json& pick : json.at("picks")) recipe.picks.push_back(pick_of(pick));
    }
    if (json.contains("along")) {
      for (observers::RecordedParam& param : recipe.params) param.along = json.at("along").value(param.id, "");
    }
    if (json.contains("max_items")) recipe.max_items = observers::whole_number<std::int64_t>(json.at("max_items"));
    if (recipe.max_items < 0) throw std::runtime_error("its max_items is below 0");
    if (json.contains("run_seed")) recipe.run_seed = observers::whole_number<std::uint64_t>(json.at("run_seed"));
    for (const auto& [name, value] : json.at("set").items()) {
      const std::size_t dot = name.rfind('.');
      if (dot == std::string::npos) throw std::runtime_error("'" + name + "' in \"set\" is not a node.property");
      recipe.overrides.push_back({name.substr(0, dot), name.substr(dot + 1), value.get<std::string>()});
    }
    recipe.item = observers::whole_number<std::int64_t>(json.at("item"));
    recipe.node = json.at("node").get<std::string>();
    recipe.plugins = json.at("plugins").get<std::vector<std::string>>();
    recipe.deterministic = json.at("deterministic").get<bool>();
    return recipe;
  } catch (const std::exception& e) {
    throw std::runtime_error(place + ": the recipe cannot be read: " + e.what());
  }
}

std::string picture_text(const std::string& path, const std::string& keyword) {
  std::vector<imaging::PngText> texts;
  try {
    texts = imaging::read_picture_texts(path);
  } catch (const std::runtime_error& e) {
    throw UsageError(e.what());
  }
  for (const imaging::PngText& text : texts) {
    if (text.keyword == keyword) return text.text;
  }
  std::string found;
  for (const imaging::PngText& text : texts) found += (found.empty() ? "" : ", ") + text.keyword;
  throw UsageError(path + ": no recipe: the picture has no text '" + keyword + "'" +
                   (found.empty() ? "" : " (it has: " + found + ")") +
                   "; was it made by decoupage, and not edited since?");
}

}  // namespace program
