// SPDX-License-Identifier: MIT
#include "imaging/files/picture.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "base/reading.h"
#include "imaging/files/hush.h"
#include "imaging/files/jpeg.h"
#include "imaging/files/png.h"
#include "imaging/files/webp.h"
#include "imaging/texts/picture_texts.h"

namespace imaging {
namespace {

constexpr std::int64_t kJpegSide = 65500, kWebpSide = 16383, kPngSide = 0x7FFFFFFF;  // libjpeg's, and the formats'

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

/// What OpenCV's decoders read: nothing of the orientation, which is looked up for all formats alike.
cv::Mat decoded_by_opencv(std::span<const std::byte> file) {
  const Hush hush;
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::byte*>(file.data()));
  const cv::Mat bgr = cv::imdecode(bytes, cv::IMREAD_COLOR | cv::IMREAD_ANYDEPTH | cv::IMREAD_IGNORE_ORIENTATION);
  cv::Mat rgb;
  if (!bgr.empty()) cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

/// The first picture of an animation stands on its canvas, which is black where it leaves it free.
cv::Mat decoded_webp(std::span<const std::byte> file, const PictureHeader& header) {
  const WebpFrame first = first_webp_frame(file);
  if (first.file.empty()) return decoded_by_opencv(file);
  const PictureHeader own = read_picture_header(first.file, "its first picture");
  if (first.x + own.width > header.width || first.y + own.height > header.height)
    throw std::runtime_error("its first picture lies beside its canvas");
  const cv::Mat frame = decoded_by_opencv(first.file);
  if (frame.empty()) return frame;
  cv::Mat canvas(static_cast<int>(header.height), static_cast<int>(header.width), CV_8UC3, cv::Scalar::all(0));
  frame.copyTo(canvas(cv::Rect({first.x, first.y}, frame.size())));
  return canvas;
}

// (EXIF 2.32, tag 0x0112.)
cv::Mat turned(const cv::Mat& picture, int orientation) {
  cv::Mat out = picture;
  if (orientation >= 5) cv::transpose(picture, out);
  const bool left_right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool top_bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  if (left_right || top_bottom) cv::flip(out.clone(), out, left_right && top_bottom ? -1 : left_right ? 1 : 0);
  return out;
}

// RGB, in the file's own depth.
cv::Mat samples_of(std::span<const std::byte> file, const std::string& name, const PictureLimits& limits,
                   Orientation orientation) {
  const PictureHeader header = read_picture_header(file, name);
  check_limits(header, name, limits);
  cv::Mat rgb;
  try {
    rgb = header.format == "PNG"    ? decode_png(file)
          : header.format == "JPEG" ? decode_jpeg(file)
          : header.format == "WebP" ? decoded_webp(file, header)
                                    : decoded_by_opencv(file);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
  }
  if (rgb.empty()) throw std::runtime_error(name + ": the picture is damaged or cut off");
  return orientation == Orientation::kUpright ? turned(rgb, exif_orientation(file)) : rgb;
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

std::int64_t longest_side(const std::string& ending) {
  if (ending == ".jpg" || ending == ".jpeg") return kJpegSide;
  return ending == ".webp" ? kWebpSide : kPngSide;
}

std::vector<std::byte> encode_jpeg(const cv::Mat& pixels, int quality) {
  return encode(".jpg", pixels, {cv::IMWRITE_JPEG_QUALITY, quality});
}

std::vector<std::byte> encode_webp(const cv::Mat& pixels, int quality) {
  // OpenCV takes a quality above 100 as lossless.
  return encode(".webp", pixels, {cv::IMWRITE_WEBP_QUALITY, quality >= 100 ? 101 : quality});
}

}  // namespace imaging
