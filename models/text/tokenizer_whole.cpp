// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_whole.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "models/text/tokenizer_json.h"
#include "tensors/npz.h"

namespace models {
namespace {

using nlohmann::json;
using tensors::FileError;

/// The file's objects, each of which may be missing or null.
class WholeFile {
 public:
  explicit WholeFile(std::filesystem::path file) : file_(std::move(file)), object_(read_tokenizer_json(file_)) {}

  WholeTokenizer read() const {
    check_kind();
    const json model = part(object_, "model");
    if (!model.contains("vocab") || !model["vocab"].is_object()) fail("model.vocab", "expected an object of tokens");
    return {model["vocab"], merges(model), settings(model)};
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw FileError(file_.string() + ": " + key + ": " + what);
  }

  json part(const json& of, const char* key) const {
    if (!of.contains(key) || of[key].is_null()) return json::object();
    if (!of[key].is_object()) fail(key, "expected an object");
    return of[key];
  }

  static std::string text(const json& of, const char* key) {
    return of.contains(key) && of[key].is_string() ? of[key].get<std::string>() : "";
  }

  /// Where nothing is said CLIP's own rule counts.
  bool lowers_case() const {
    const json normalizer = part(object_, "normalizer");
    if (normalizer.empty() || text(normalizer, "type") == "Lowercase") return true;
    const auto lowers = [](const json& one) { return text(one, "type") == "Lowercase"; };
    const json all = normalizer.value("normalizers", json::array());
    return std::any_of(all.begin(), all.end(), lowers);
  }

  void check_kind() const {
    const json model = part(object_, "model");
    const std::string type = text(model, "type");
    const bool falls_back = model.contains("byte_fallback") && model["byte_fallback"] == true;
    if ((!type.empty() && type != "BPE") || text(model, "end_of_word_suffix") != "</w>" || falls_back ||
        !text(model, "continuing_subword_prefix").empty() || !lowers_case())
      fail("model", "is not a tokenizer of CLIP's kind: byte-level BPE over small letters with </w> behind words");
  }

  /// "a b" or ["a", "b"].
  Bpe::Merges merges(const json& model) const {
    if (!model.contains("merges") || !model["merges"].is_array()) fail("model.merges", "expected a list");
    Bpe::Merges merges;
    std::set<std::pair<std::string, std::string>> seen;
    for (const json& merge : model["merges"]) {
      std::pair<std::string, std::string> pair;
      if (merge.is_string()) {
        const auto joined = merge.get<std::string>();
        const std::size_t space = joined.find(' ');
        if (space != std::string::npos) pair = {joined.substr(0, space), joined.substr(space + 1)};
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        pair = {merge[0].get<std::string>(), merge[1].get<std::string>()};
      }
      if (pair.first.empty() || pair.second.empty() || pair.second.find(' ') != std::string::npos)
        fail("model.merges", "expected two symbols with a space between them, found " + merge.dump());
      if (!seen.insert(pair).second) fail("model.merges", merge.dump() + " is there twice");
      merges.emplace_back(std::move(pair));
    }
    return merges;
  }

  json settings(const json& model) const {
    json settings = json::object();
    const auto set = [&](const char* key, const std::string& token) {
      if (!token.empty()) settings[key] = token;
    };
    set("unk_token", text(model, "unk_token"));
    set("pad_token", text(part(object_, "padding"), "pad_token"));
    const json ends = part(object_, "post_processor");
    set("bos_token", end_token(ends, "cls", /*first=*/true));
    set("eos_token", end_token(ends, "sep", /*first=*/false));
    const json cut = part(object_, "truncation");
    if (cut.contains("max_length")) settings["model_max_length"] = cut["max_length"];
    if (!object_.contains("added_tokens")) return settings;
    if (!object_["added_tokens"].is_array()) fail("added_tokens", "expected a list");
    for (const json& token : object_["added_tokens"]) {
      if (!token.is_object() || !token.contains("id")) fail("added_tokens", "expected objects with an id");
      settings["added_tokens_decoder"][std::to_string(token_id(token["id"], text(token, "content"), file_))] = token;
    }
    return settings;
  }

  /// What is put before or behind a text: RobertaProcessing's ["<|endoftext|>", 49407], TemplateProcessing's
  /// {"SpecialToken": {"id": "<|endoftext|>"}} at its ends.
  static std::string end_token(const json& processor, const char* key, bool first) {
    if (processor.contains(key) && processor[key].is_array() && !processor[key].empty() &&
        processor[key][0].is_string())
      return processor[key][0].get<std::string>();
    if (!processor.contains("single") || !processor["single"].is_array() || processor["single"].empty()) return "";
    const json& piece = first ? processor["single"].front() : processor["single"].back();
    if (!piece.is_object() || !piece.contains("SpecialToken") || !piece["SpecialToken"].is_object()) return "";
    return text(piece["SpecialToken"], "id");
  }

  std::filesystem::path file_;
  json object_;
};

}  // namespace

bool has_whole_tokenizer(const std::filesystem::path& folder) {
  std::error_code error;
  const auto there = [&](const char* name) { return std::filesystem::exists(folder / name, error); };
  return there("tokenizer.json") && !(there("vocab.json") && there("merges.txt"));
}

WholeTokenizer read_whole_tokenizer(const std::filesystem::path& file) {
  return WholeFile(file).read();
}

}  // namespace models
