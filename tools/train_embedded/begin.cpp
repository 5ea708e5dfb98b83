// SPDX-License-Identifier: MIT
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/text/tokenizer.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;
constexpr const char* kTokenTable = "text_model.embeddings.token_embedding.weight";

/// The tensors of a file in float32, their names behind a prefix.
Named read_all(const std::filesystem::path& path, const std::string& prefix) {
  const tensors::SafetensorsFile file(path);
  Named all;
  for (const tensors::SafetensorsEntry& entry : file.entries())
    all.emplace_back(prefix + entry.name, file.tensor(entry).to(at::kFloat).contiguous());
  return all;
}

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream stream(path);
  if (!stream) throw tensors::FileError(path.string() + ": cannot be read");
  return nlohmann::json::parse(stream);
}

/// The table of another vocabulary: a token that was there keeps its row, one that is new begins as the mean of those
/// that its letters were read by.
at::Tensor moved_table(const at::Tensor& table, const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto before = read_json(from / "vocab.json"), now = read_json(to / "vocab.json");
  const models::Tokenizer reader = models::Tokenizer::load(from);
  std::vector<at::Tensor> rows(now.size());
  for (const auto& [token, id] : now.items()) {
    at::Tensor& row = rows[id.get<std::size_t>()];
    if (const auto found = before.find(token); found != before.end()) {
      row = table[found->get<std::int64_t>()];
      continue;
    }
    const std::size_t end = token.find("</w>");
    const std::vector<std::int64_t> ids = reader.encode(token.substr(0, end));
    row =
        table.index_select(0, at::tensor(std::vector<std::int64_t>(ids.begin() + 1, ids.end() - 1), at::kLong)).mean(0);
  }
  return at::stack(rows);
}

}  // namespace

void begin_with_model(const Run& run) {
  Named weights = read_all(run.model / "unet/diffusion_pytorch_model.safetensors", "unet.");
  for (const std::string encoder : {"", "_2"}) {
    const std::string prefix = "text_encoder" + encoder + ".", tokenizer = "tokenizer" + encoder;
    for (auto& [name, tensor] : read_all(run.model / ("text_encoder" + encoder) / "model.safetensors", prefix)) {
      if (name == prefix + kTokenTable) tensor = moved_table(tensor, run.model / tokenizer, run.work / tokenizer);
      weights.emplace_back(name, tensor);
    }
  }
  std::filesystem::create_directories(run.work / "denoiser");
  std::filesystem::create_directories(run.work / "autoencoder");
  tensors::write_safetensors(run.work / "denoiser/start.safetensors", weights);
  const double factor = read_json(run.model / "vae/config.json").at("scaling_factor").get<double>();
  tensors::write_safetensors(run.work / "autoencoder/autoencoder.safetensors",
                             read_all(run.model / "vae/diffusion_pytorch_model.safetensors", ""),
                             {{"scaling_factor", std::to_string(factor)}});
}

}  // namespace train_embedded
