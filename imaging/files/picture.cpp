// SPDX-License-Identifier: MIT
#include "imaging/files/picture.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "base/reading.h"

namespace imaging {
namespace {

void check_limits(const PictureHeader& header, const std::string& name, const PictureLimits& limits) {
  const std::string size = std::to_string(header.width) + "x" + std::to_string(header.height);
  if (header.width < 1 || header.height < 1) {
    throw std::runtime_error(name + ": a damaged " + header.format + ": its header gives the size " + size);
  }
  const auto width = static_cast<std::uint64_t>(header.width), height = static_cast<std::uint64_t>(header.height);
  if (std::max(width, height) > limits.side) {
    throw std::runtime_error(name + ": " + size + " pixels: a side may have at most " +
                             PictureLimits::kSide.text(limits.side));
  }
  if (width * height > limits.pixels) {
    throw std::runtime_error(name + ": " + size + " are " + std::to_string(width * height) +
                             " pixels: shrink it first to at most " + PictureLimits::kPixels.text(limits.pixels));
  }
}

std::span<const std::byte> bytes_of(const std::string& file) {
  return std::as_bytes(std::span(file));
}

std::string read_bytes(const std::string& path, const PictureLimits& limits) {
  return base::read_file(path, PictureLimits::kFileBytes, limits.file_bytes);
}

// RGB, in the file's own depth.
cv::Mat samples_of(std::span<const std::byte> file, const std::string& name, const PictureLimits& limits,
                   Orientation orientation) {
  check_limits(read_picture_header(file, name), name, limits);
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::byte*>(file.data()));
  const int as_stored = orientation == Orientation::kAsStored ? cv::IMREAD_IGNORE_ORIENTATION : 0;
  cv::Mat bgr;
  try {
    bgr = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH | as_stored);
  } catch (const cv::Exception&) {
  }
  if (bgr.empty()) throw std::runtime_error(name + ": the picture is damaged or cut off");
  cv::Mat rgb;
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

// Samples of n bits as fractions, each the float nearest to v / (2^n − 1): a product with the reciprocal is often one
// off.
cv::Mat fractions(const cv::Mat& samples, const std::string& name) {
  const int depth = samples.depth();
  cv::Mat picture;
  if (depth == CV_8U || depth == CV_16U) {
    const float most = depth == CV_8U ? 255.0f : 65535.0f;
    samples.convertTo(picture, CV_32F);
    for (int y = 0; y < picture.rows; ++y) {
      float* row = picture.ptr<float>(y);
      for (int i = 0; i < picture.cols * 3; ++i) row[i] /= most;
    }
    return picture;
  }
  if (depth != CV_32F && depth != CV_64F)
    throw std::runtime_error(name + ": its samples are neither 8-bit, 16-bit nor float");
  samples.convertTo(picture, CV_32F);
  cv::patchNaNs(picture, 0.0);
  return cv::max(cv::min(picture, 1.0), 0.0);
}

void check_8bit(const cv::Mat& pixels) {
  if (pixels.empty() || pixels.type() != CV_8UC3) throw std::invalid_argument("8-bit RGB pixels are due");
}

std::vector<std::byte> encode(const char* extension, const cv::Mat& pixels, const std::vector<int>& settings) {
  check_8bit(pixels);
  cv::Mat bgr;
  cv::cvtColor(pixels, bgr, cv::COLOR_RGB2BGR);
  std::vector<unsigned char> bytes;
  bool done = false;
  try {
    done = cv::imencode(extension, bgr, bytes, settings);
  } catch (const cv::Exception&) {
  }
  if (!done) {
    throw std::runtime_error("a picture of " + std::to_string(pixels.cols) + "x" + std::to_string(pixels.rows) +
                             " pixels cannot be made a " + extension + " file");
  }
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  return {begin, begin + bytes.size()};
}

}  // namespace

const std::vector<std::string>& picture_extensions() {
  static const std::vector<std::string> kExtensions{".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"};
  return kExtensions;
}

bool has_picture_extension(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::count(picture_extensions(), extension) > 0;
}

cv::Mat decode_picture(std::span<const std::byte> file, const std::string& name, const PictureLimits& limits) {
  return fractions(samples_of(file, name, limits, Orientation::kUpright), name);
}

cv::Mat read_picture(const std::string& path, const PictureLimits& limits) {
  return decode_picture(bytes_of(read_bytes(path, limits)), path, limits);
}

cv::Mat read_pixels(const std::string& path, Orientation orientation, const PictureLimits& limits) {
  const cv::Mat samples = samples_of(bytes_of(read_bytes(path, limits)), path, limits, orientation);
  return samples.depth() == CV_8U ? samples : to_8bit(fractions(samples, path));
}

PictureHeader read_picture_header(const std::string& path, const PictureLimits& limits) {
  const PictureHeader header = read_picture_header(bytes_of(read_bytes(path, limits)), path);
  check_limits(header, path, limits);
  return header;
}

cv::Mat to_8bit(const cv::Mat& picture) {
  cv::Mat clean = picture;
  if (!cv::checkRange(picture, true)) {
    clean = picture.clone();
    cv::patchNaNs(clean, 0.0);
    cv::max(cv::min(clean, 1.0), 0.0, clean);
  }
  cv::Mat pixels;
  clean.convertTo(pixels, CV_8U, 255.0);
  return pixels;
}

cv::Mat from_8bit(const cv::Mat& pixels) {
  check_8bit(pixels);
  return fractions(pixels, "");
}

std::vector<std::byte> encode_jpeg(const cv::Mat& pixels, int quality) {
  return encode(".jpg", pixels, {cv::IMWRITE_JPEG_QUALITY, quality});
}

std::vector<std::byte> encode_webp(const cv::Mat& pixels, int quality) {
  // OpenCV takes a quality above 100 as lossless.
  return encode(".webp", pixels, {cv::IMWRITE_WEBP_QUALITY, quality >= 100 ? 101 : quality});
}

}  // namespace imaging
