// SPDX-License-Identifier: MIT
#include "methods/layering/composite.h"

#include "imaging/rgba.h"

namespace layering {
namespace {

using imaging::divided_by_255;

/// a_j over what is there: in bytes, its square.
void lay_over_squared(cv::Mat& top, const cv::Mat& layer) {
  imaging::paste(top, layer, layer);
}

void lay_over(cv::Mat& top, const cv::Mat& layer) {
  for (int y = 0; y < top.rows; ++y) {
    auto* sum = top.ptr<double>(y);
    const auto* bytes = layer.ptr<unsigned char>(y);
    for (int x = 0; x < top.cols; ++x) {
      const double alpha = bytes[x] / 255.0;
      sum[x] = alpha + sum[x] * (1 - alpha);
    }
  }
}

cv::Mat seen_squared(const std::vector<cv::Mat>& opacities, std::size_t i) {
  cv::Mat top(opacities[i].size(), CV_8UC1, cv::Scalar(0)), own = top.clone(), seen(top.size(), CV_64FC1);
  lay_over_squared(own, opacities[i]);
  for (std::size_t j = i + 1; j < opacities.size(); ++j) lay_over_squared(top, opacities[j]);
  for (int y = 0; y < seen.rows; ++y) {
    for (int x = 0; x < seen.cols; ++x)
      seen.at<double>(y, x) = own.at<unsigned char>(y, x) / 255.0 * (1 - top.at<unsigned char>(y, x) / 255.0);
  }
  return seen;
}

cv::Mat seen_exactly(const std::vector<cv::Mat>& opacities, std::size_t i) {
  cv::Mat seen(opacities[i].size(), CV_64FC1, cv::Scalar(0));
  for (std::size_t j = i + 1; j < opacities.size(); ++j) lay_over(seen, opacities[j]);
  for (int y = 0; y < seen.rows; ++y) {
    for (int x = 0; x < seen.cols; ++x)
      seen.at<double>(y, x) = opacities[i].at<unsigned char>(y, x) / 255.0 * (1 - seen.at<double>(y, x));
  }
  return seen;
}

cv::Mat mask_bytes(const cv::Mat& mask, bool rounds) {
  cv::Mat bytes(mask.size(), CV_8UC1);
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x)
      bytes.at<unsigned char>(y, x) = static_cast<unsigned char>(255 * mask.at<double>(y, x) + (rounds ? 0.5 : 0));
  }
  return bytes;
}

}  // namespace

cv::Mat colours_of(const cv::Mat& layer) {
  cv::Mat colours(layer.size(), CV_8UC3);
  const int pairs[] = {0, 0, 1, 1, 2, 2};
  cv::mixChannels(&layer, 1, &colours, 1, pairs, 3);
  return colours;
}

cv::Mat opacity_of(const cv::Mat& layer) {
  cv::Mat opacity;
  cv::extractChannel(layer, opacity, 3);
  return opacity;
}

std::vector<cv::Mat> visible_masks(std::span<const cv::Mat> layers, Opacity opacity) {
  std::vector<cv::Mat> opacities, masks;
  for (const cv::Mat& layer : layers) opacities.push_back(opacity_of(layer));
  for (std::size_t i = 0; i < layers.size(); ++i)
    masks.push_back(opacity == Opacity::kSquared ? seen_squared(opacities, i) : seen_exactly(opacities, i));
  return masks;
}

cv::Mat composite(std::span<const cv::Mat> layers, const cv::Mat& ground) {
  cv::Mat picture = ground.clone();
  for (const cv::Mat& layer : layers) imaging::paste(picture, colours_of(layer), opacity_of(layer));
  return picture;
}

cv::Mat edited(std::span<const cv::Mat> layers, std::span<const cv::Mat> masks, const std::vector<bool>& redrawn,
               const cv::Mat& picture, EditColours colours, const cv::Scalar& grey) {
  cv::Mat result = picture.clone();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!redrawn[i]) continue;
    const bool own = colours == EditColours::kOwn;
    cv::Mat pasted = colours_of(layers[i]);
    if (!own) {
      const cv::Mat over = pasted;
      pasted = cv::Mat(over.size(), CV_8UC3, grey);
      imaging::paste(pasted, over, opacity_of(layers[i]));
    }
    imaging::paste(result, pasted, mask_bytes(masks[i], own));
  }
  return result;
}

}  // namespace layering
