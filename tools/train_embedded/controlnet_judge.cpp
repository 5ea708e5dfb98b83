// SPDX-License-Identifier: MIT
#include "tools/train_embedded/controlnet_judge.h"

#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/pictures.h"

namespace train_embedded {

std::vector<JudgedScene> unseen_scenes(int count) {
  Painter painter;
  std::vector<JudgedScene> scenes;
  for (int i = 0; i < count; ++i) {
    const Scene scene = compose(kUnseen + static_cast<std::uint64_t>(i));
    const cv::Mat picture = painter.draw(scene, kNativeSize);
    scenes.push_back({picture, edges_of(picture), full_caption(scene)});
  }
  return scenes;
}

std::vector<cv::Mat> draw_judged(const ShippedModel& model, const std::vector<JudgedScene>& scenes,
                                 const models::ControlNet* controlnet, Telling telling) {
  ShippedModel::Request request;
  std::vector<at::Tensor> hints;
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    request.texts.push_back(telling == Telling::kCaption ? scenes[i].caption : "");
    request.seeds.push_back(static_cast<std::int64_t>(i));
    hints.push_back(to_hint(scenes[i].edges));
  }
  request.hints = at::cat(hints);
  const at::Tensor batch = model.draw(request, controlnet);
  std::vector<cv::Mat> pictures;
  for (std::int64_t i = 0; i < batch.size(0); ++i) pictures.push_back(to_picture(batch, i));
  return pictures;
}

EdgeAgreement agreement_of(const std::vector<cv::Mat>& pictures, const std::vector<JudgedScene>& scenes) {
  EdgeAgreement mean;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const EdgeAgreement one = edge_agreement(edges_of(pictures[i]), scenes[i].edges);
    mean.precision += one.precision / static_cast<double>(pictures.size());
    mean.recall += one.recall / static_cast<double>(pictures.size());
  }
  return mean;
}

}  // namespace train_embedded
