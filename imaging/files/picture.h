// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/limits.h"

/// Picture files to pixels and back. A picture is (H,W) CV_32FC3, RGB, in [0,1]. All functions are thread-safe.
namespace imaging {

/// What a picture file must keep to. Sizes are read from its header before anything is decoded.
struct PictureLimits {
  static constexpr base::Limit kFileBytes{"picture-bytes"}, kPixels{"picture-pixels"}, kSide{"picture-side"};

  std::uint64_t file_bytes = kFileBytes.most();
  std::uint64_t pixels = kPixels.most();  ///< width times height
  std::uint64_t side = kSide.most();
};

/// What a picture file's header says.
struct PictureHeader {
  std::string format;  ///< "PNG", "JPEG", "WebP", "BMP" or "TIFF"
  std::int64_t width = 0;
  std::int64_t height = 0;
};

/// File name endings of the formats that can be read, lower case, with their dots: ".bmp", ".jpeg", …
const std::vector<std::string>& picture_extensions();
/// Whether a file's name ends in one of them, in whatever case.
bool has_picture_extension(const std::string& path);

/// Reads a header alone. `name` stands for the file in messages. Throws std::runtime_error: none of the five formats,
/// or cut off in its header.
PictureHeader read_picture_header(std::span<const std::byte> file, const std::string& name);
/// The same from disk, checked against the limits. A picture that is taken turned has its sides as stored.
PictureHeader read_picture_header(const std::string& path, const PictureLimits& limits = {});

/// Decodes a picture file. Grey becomes RGB, 16-bit samples keep their precision, transparency is dropped (not
/// blended), EXIF orientation is applied; of a file with several pages, and of an animation, the first counts. Nothing
/// is said on the terminal. Throws std::runtime_error that names the file: not a picture, beyond the limits, damaged or
/// cut off.
cv::Mat decode_picture(std::span<const std::byte> file, const std::string& name, const PictureLimits& limits = {});
/// The same from disk. Throws for a file that cannot be read, too.
cv::Mat read_picture(const std::string& path, const PictureLimits& limits = {});

/// How a picture that was taken with the camera turned is given: as people see it, or as the file has its rows.
enum class Orientation { kUpright, kAsStored };
/// (H,W) CV_8UC3 RGB from disk, a quarter of the memory of read_picture: the same as its to_8bit. Throws as that does.
cv::Mat read_pixels(const std::string& path, Orientation orientation = Orientation::kUpright,
                    const PictureLimits& limits = {});

/// To 8 bits: (H,W) CV_8UC3 RGB, clamped and rounded; what came from an 8-bit file comes back exactly. NaN becomes 0.
cv::Mat to_8bit(const cv::Mat& picture);
/// (H,W) CV_8UC3 RGB to a picture.
cv::Mat from_8bit(const cv::Mat& pixels);

/// The longest side, px, that a file of that ending (".jpg") can have, by its format.
std::int64_t longest_side(const std::string& ending);

/// (H,W) CV_8UC3 RGB as a JPEG or WebP file; quality 1 to 100, in WebP 100 is lossless. Throws std::runtime_error when
/// the encoder refuses (a side above longest_side()).
std::vector<std::byte> encode_jpeg(const cv::Mat& pixels, int quality);
std::vector<std::byte> encode_webp(const cv::Mat& pixels, int quality);

}  // namespace imaging
