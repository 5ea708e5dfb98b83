// SPDX-License-Identifier: MIT
#include "models/files/model_files_vocabulary.h"

#include <algorithm>

#include "models/text/tokenizer_json.h"
#include "models/text/tokenizer_whole.h"
#include "tensors/npz.h"

namespace models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kClip = "models--openai--clip-vit-large-patch14";

bool is_complete(const fs::path& folder) {
  std::error_code error;
  if (has_whole_tokenizer(folder)) return true;
  return fs::exists(folder / "vocab.json", error) && fs::exists(folder / "merges.txt", error) &&
         fs::exists(folder / "tokenizer_config.json", error);
}

/// Other models have vocabularies in files of these names: CLIP's has its first token as the last but one.
bool is_clip(const fs::path& folder) {
  if (!is_complete(folder)) return false;
  std::string json;
  try {
    json = read_tokenizer_text(folder / (has_whole_tokenizer(folder) ? "tokenizer.json" : "vocab.json"));
  } catch (const tensors::FileError&) {
    return false;
  }
  std::erase_if(json, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  return json.find(R"("<|startoftext|>":49406)") != std::string::npos;
}

/// Subfolders, sorted: what is found does not hang on the order that the file system has.
std::vector<fs::path> folders_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) all.push_back(entry.path());
  }
  std::ranges::sort(all);
  return all;
}

std::optional<fs::path> cached(const fs::path& hub_cache) {
  for (const fs::path& snapshot : folders_in(hub_cache / kClip / "snapshots")) {
    if (is_clip(snapshot)) return snapshot;
  }
  for (const fs::path& repository : folders_in(hub_cache)) {
    for (const fs::path& snapshot : folders_in(repository / "snapshots")) {
      if (is_clip(snapshot / "tokenizer")) return snapshot / "tokenizer";
    }
  }
  return std::nullopt;
}

}  // namespace

fs::path find_vocabulary(const fs::path& checkpoint, const ModelPlaces& places) {
  using tensors::FileError;
  if (!places.vocabulary.empty()) {
    if (is_complete(places.vocabulary)) return places.vocabulary;
    throw FileError(places.vocabulary.string() +
                    ": DECOUPAGE_CLIP_VOCAB names this folder, but neither tokenizer.json is in " +
                    "it nor all of vocab.json, merges.txt and tokenizer_config.json");
  }
  const fs::path folder = checkpoint.has_parent_path() ? checkpoint.parent_path() : fs::path(".");
  for (const fs::path& place : {folder, folder / "tokenizer"}) {
    if (is_clip(place)) return place;
  }
  if (const auto found = cached(places.hub_cache)) return *found;
  throw FileError(
      checkpoint.string() + ": a checkpoint in one file has no vocabulary, and there is none of CLIP beside " +
      "it or in the Hugging Face cache (" + places.hub_cache.string() + "): put vocab.json, merges.txt and " +
      "tokenizer_config.json of openai/clip-vit-large-patch14 beside it, or name a folder that has them in " +
      "DECOUPAGE_CLIP_VOCAB, or run 'huggingface-cli download openai/clip-vit-large-patch14 vocab.json " +
      "merges.txt tokenizer_config.json'");
}

}  // namespace models
