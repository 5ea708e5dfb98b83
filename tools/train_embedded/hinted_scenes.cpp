// SPDX-License-Identifier: MIT
#include "tools/train_embedded/hinted_scenes.h"

#include "tensors/safetensors.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/edge_agreement.h"
#include "tools/train_embedded/latents.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {
namespace {

HintedScenes make_hinted(const models::Autoencoder& autoencoder, std::int64_t from) {
  constexpr std::int64_t kBatch = 16;
  const at::NoGradGuard no_gradients;
  Painter painter;
  std::vector<at::Tensor> latents, hints, batch;
  for (std::int64_t i = from; i < from + kShard; ++i) {
    const cv::Mat picture = painter.draw(compose(static_cast<std::uint64_t>(i)), kNativeSize);
    batch.push_back(to_tensor(picture).clone());
    const cv::Mat edges = edges_of(picture);
    hints.push_back(at::from_blob(edges.data, {1, edges.rows, edges.cols}, at::kByte).clone());
    if (static_cast<std::int64_t>(batch.size()) < kBatch) continue;
    latents.push_back(autoencoder.encode(at::cat(batch)).mean.to(at::kHalf).contiguous());
    batch.clear();
  }
  return {at::cat(latents), at::cat(hints)};
}

}  // namespace

HintedScenes hinted_scenes(const std::filesystem::path& work, const models::Autoencoder& autoencoder,
                           std::int64_t count, Journal& journal) {
  const auto folder = work / "hinted";
  std::filesystem::create_directories(folder);
  std::vector<at::Tensor> latents, hints;
  for (std::int64_t from = 0; from < count; from += kShard) {
    const auto file = folder / (std::to_string(from) + ".safetensors");
    if (!std::filesystem::exists(file)) {
      const HintedScenes made = make_hinted(autoencoder, from);
      tensors::write_safetensors(file, {{"latents", made.latents}, {"hints", made.hints}});
      journal.tell({{"hinted", file.string()}, {"seconds", journal.seconds()}});
    }
    const tensors::SafetensorsFile kept(file);
    latents.push_back(kept.tensor("latents"));
    hints.push_back(kept.tensor("hints"));
  }
  return {at::cat(latents).narrow(0, 0, count), at::cat(hints).narrow(0, 0, count)};
}

}  // namespace train_embedded
