// SPDX-License-Identifier: MIT
#include "tools/train_embedded/pictures.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "imaging/files/picture.h"
#include "imaging/files/picture_files.h"
#include "tools/train_embedded/chance.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/drawing.h"

namespace train_embedded {

at::Tensor to_tensor(const cv::Mat& picture) {
  const cv::Mat whole = picture.isContinuous() ? picture : picture.clone();
  const at::Tensor rows = at::from_blob(whole.data, {1, whole.rows, whole.cols, 3}, at::kFloat);
  return (rows * 2 - 1).permute({0, 3, 1, 2});
}

cv::Mat to_picture(const at::Tensor& batch, std::int64_t index) {
  const at::Tensor rows = ((batch[index].detach() + 1) / 2).clamp(0, 1).permute({1, 2, 0}).contiguous();
  return cv::Mat(static_cast<int>(rows.size(0)), static_cast<int>(rows.size(1)), CV_32FC3, rows.data_ptr<float>())
      .clone();
}

double psnr(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor error = ((a.clamp(-1, 1) - b.clamp(-1, 1)) / 2).square().mean({1, 2, 3});
  return (error.log10() * -10).mean().item<double>();
}

Patches::Patches(const Counts& counts, const std::filesystem::path& papers) : pictures_(3) {
  Painter painter;
  for (int i = 0; i < counts.scenes; ++i) {
    const cv::Mat scene = painter.draw(compose(static_cast<std::uint64_t>(i)), kFullSize);
    pictures_[0].push_back(imaging::to_8bit(scene));
    cv::Mat half;
    cv::resize(scene, half, {kFullSize / 2, kFullSize / 2}, 0, 0, cv::INTER_AREA);
    pictures_[1].push_back(imaging::to_8bit(half));
  }
  for (int i = 0; i < counts.leaves; ++i)
    pictures_[2].push_back(imaging::to_8bit(draw_dead_leaves(static_cast<std::uint64_t>(i), kFullSize)));
  if (papers.empty()) return;
  for (const std::string& file : imaging::find_pictures(papers.string(), false)) {
    const cv::Mat paper = imaging::read_picture(file);
    // As often as they are looked at in the first run.
    for (const double scale : {1.0, 0.5, 0.3}) {
      cv::Mat small;
      cv::resize(paper, small, {}, scale, scale, cv::INTER_AREA);
      for (int i = 0; i < 3 && std::min(small.rows, small.cols) >= kFullSize / 2; ++i)
        pictures_[2].push_back(imaging::to_8bit(small));
    }
  }
}

at::Tensor Patches::batch(int count, int side, std::uint64_t seed) const {
  Chance chance(imaging::mix(seed, 5));
  const at::Tensor bytes = at::empty({count, side, side, 3}, at::kByte);
  for (int i = 0; i < count; ++i) {
    const double which = chance.unit();
    const auto& group = pictures_[which < 0.4 ? 0 : which < 0.75 ? 1 : 2];
    const cv::Mat& picture = group[static_cast<std::size_t>(chance.below(static_cast<int>(group.size())))];
    const int x = chance.below(picture.cols - side + 1), y = chance.below(picture.rows - side + 1);
    cv::Mat target(side, side, CV_8UC3, bytes[i].data_ptr());
    const cv::Mat part = picture(cv::Rect(x, y, side, side));
    if (chance.happens(0.5)) cv::flip(part, target, 1);
    else part.copyTo(target);
  }
  return (bytes.to(at::kFloat) / 127.5 - 1).permute({0, 3, 1, 2});
}

}  // namespace train_embedded
