// SPDX-License-Identifier: MIT
#include "tools/train_embedded/latents.h"

#include "models/files/weights.h"
#include "tensors/npz.h"
#include "tensors/safetensors.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

/// The tensors of a file by name.
class Trained final : public models::ParameterSource {
 public:
  explicit Trained(const std::filesystem::path& file) : file_(file) {}
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override {
    const at::Tensor tensor = file_.tensor(name);
    if (tensor.sizes() != shape)
      throw tensors::FileError(file_.path().string() + ": " + name +
                               " has another shape than the network; it is of another config");
    return tensor;
  }
  double number(const std::string& key) const { return std::stod(file_.metadata().at(key)); }

 private:
  tensors::SafetensorsFile file_;
};

/// With the decoder that went on learning, where there is one: the encoder is the same.
std::filesystem::path weights_of(const std::filesystem::path& work) {
  const auto better = work / "decoder/autoencoder.safetensors";
  return std::filesystem::exists(better) ? better : work / "autoencoder/autoencoder.safetensors";
}

at::Tensor make_shard(const models::Autoencoder& autoencoder, cv::Size size, std::int64_t from, std::int64_t until) {
  constexpr std::int64_t kBatch = 16;
  const at::NoGradGuard no_gradients;
  Painter painter;
  std::vector<at::Tensor> parts, batch;
  for (std::int64_t i = from; i < until; ++i) {
    batch.push_back(to_tensor(painter.draw(compose(static_cast<std::uint64_t>(i)), size)));
    if (static_cast<std::int64_t>(batch.size()) < kBatch && i + 1 < until) continue;
    parts.push_back(autoencoder.encode(at::cat(batch)).mean.to(at::kHalf).contiguous());
    batch.clear();
  }
  return at::cat(parts);
}

}  // namespace

double trained_scaling_factor(const std::filesystem::path& work) {
  return Trained(weights_of(work)).number("scaling_factor");
}

std::unique_ptr<models::Autoencoder> trained_autoencoder(const std::filesystem::path& work) {
  Trained source(weights_of(work));
  const auto config = autoencoder_config(source.number("scaling_factor"));
  return models::make_autoencoder(tensors::ConfigReader::parse(config.dump(), "vae"), source);
}

at::Tensor scene_latents(const std::filesystem::path& work, cv::Size size, std::int64_t count, Journal& journal) {
  const auto folder = work / "latents";
  std::filesystem::create_directories(folder);
  std::unique_ptr<models::Autoencoder> autoencoder;
  std::vector<at::Tensor> shards;
  for (std::int64_t from = 0; from < count; from += kShard) {
    const std::int64_t until = std::min(from + kShard, count);
    const auto file = folder / (std::to_string(size.width) + "x" + std::to_string(size.height) + "_" +
                                std::to_string(from) + "_" + std::to_string(until) + ".safetensors");
    if (!std::filesystem::exists(file)) {
      if (!autoencoder) autoencoder = trained_autoencoder(work);
      tensors::write_safetensors(file, {{"latents", make_shard(*autoencoder, size, from, until)}});
      journal.tell({{"latents", file.string()}, {"seconds", journal.seconds()}});
    }
    shards.push_back(tensors::SafetensorsFile(file).tensor("latents"));
  }
  return at::cat(shards);
}

}  // namespace train_embedded
