// SPDX-License-Identifier: MIT
#include "imaging/files/png.h"

#include <png.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <stdexcept>

#include "base/utf8.h"
#include "imaging/texts/picture_texts.h"

namespace imaging {
namespace {

constexpr std::size_t kCompressFrom = 4096;  // shorter texts stay readable to grep

void append(png_structp png, png_bytep data, std::size_t size) {
  auto& out = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

[[noreturn]] void fail(png_structp, png_const_charp what) {
  throw std::runtime_error(std::string("PNG: ") + what);
}
void ignore(png_structp, png_const_charp) {}

// libpng's two structs, freed together. Its errors come as exceptions: it keeps no state of its own that unwinding
// skips.
class Writer {
 public:
  Writer() : png_(png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore)) {
    if (png_) info_ = png_create_info_struct(png_);
    if (!info_) throw std::runtime_error("PNG: libpng cannot start");
  }
  ~Writer() { png_destroy_write_struct(&png_, &info_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  png_structp png() { return png_; }
  png_infop info() { return info_; }

 private:
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// Likewise of reading.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> file)
      : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, ignore)), rest_(file) {
    if (png_) info_ = png_create_info_struct(png_);
    if (!info_) throw std::runtime_error("PNG: libpng cannot start");
    png_set_read_fn(png_, this, take);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  png_structp png() { return png_; }
  png_infop info() { return info_; }

 private:
  static void take(png_structp png, png_bytep to, std::size_t size) {
    Reader& self = *static_cast<Reader*>(png_get_io_ptr(png));
    if (self.rest_.size() < size) throw std::runtime_error("PNG: cut off");
    std::ranges::copy(self.rest_.first(size), reinterpret_cast<std::byte*>(to));
    self.rest_ = self.rest_.subspan(size);
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::span<const std::byte> rest_;
};

/// A text in Latin-1; nothing where it has other characters.
std::optional<std::string> latin1(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = base::utf8_length(std::string_view(text).substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || length > 2 || byte > 0xC3) return std::nullopt;
    out += length == 1 ? text[at] : static_cast<char>((byte & 3) << 6 | (text[at + 1] & 0x3F));
    at += length;
  }
  return out;
}

void set_texts(Writer& writer, const std::vector<PngText>& texts) {
  for (const PngText& text : texts) {
    if (text.keyword.empty() || text.keyword.size() > 79 || text.keyword.find('\0') != std::string::npos) {
      throw std::invalid_argument("a PNG keyword has 1 to 79 bytes, not " + std::to_string(text.keyword.size()));
    }
    if (text.text.find('\0') != std::string::npos) {
      throw std::invalid_argument("the PNG text '" + text.keyword + "' contains a zero byte");
    }
    png_text entry{};
    const bool of_web_uis = text.keyword == kWebUiKeyword;
    const bool compress = text.text.size() > kCompressFrom && !of_web_uis;
    std::optional<std::string> plain = of_web_uis ? latin1(text.text) : std::nullopt;
    entry.compression = plain      ? PNG_TEXT_COMPRESSION_NONE
                        : compress ? PNG_ITXT_COMPRESSION_zTXt
                                   : PNG_ITXT_COMPRESSION_NONE;
    entry.key = const_cast<char*>(text.keyword.c_str());
    entry.text = const_cast<char*>(plain ? plain->c_str() : text.text.c_str());
    (plain ? entry.text_length : entry.itxt_length) = plain ? plain->size() : text.text.size();
    png_set_text(writer.png(), writer.info(), &entry, 1);
  }
}

}  // namespace

cv::Mat decode_png(std::span<const std::byte> file) {
  Reader reader(file);
  png_structp png = reader.png();
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the caller has looked at the size
  png_read_info(png, reader.info());
  const int colours = png_get_color_type(png, reader.info()), depth = png_get_bit_depth(png, reader.info());
  if (colours == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if ((colours & PNG_COLOR_MASK_COLOR) == 0) {
    if (depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
  }
  png_set_strip_alpha(png);
  if (depth == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, reader.info());
  cv::Mat pixels(static_cast<int>(png_get_image_height(png, reader.info())),
                 static_cast<int>(png_get_image_width(png, reader.info())), depth == 16 ? CV_16UC3 : CV_8UC3);
  if (png_get_rowbytes(png, reader.info()) != pixels.cols * pixels.elemSize())
    throw std::runtime_error("PNG: its rows are not RGB");
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < pixels.rows; ++y) png_read_row(png, pixels.ptr(y), nullptr);
  }
  return pixels;
}

std::vector<std::byte> encode_png(const cv::Mat& pixels, const std::vector<PngText>& texts, int compression) {
  if (pixels.empty() || (pixels.type() != CV_8UC1 && pixels.type() != CV_8UC3)) {
    throw std::invalid_argument("a PNG is made of 8-bit pixels with 1 or 3 channels");
  }
  std::vector<std::byte> out;
  out.reserve(pixels.total() * pixels.elemSize() / 2 + 4096);
  Writer writer;
  png_set_write_fn(writer.png(), &out, append, nullptr);
  png_set_compression_level(writer.png(), compression);
  png_set_IHDR(writer.png(), writer.info(), static_cast<png_uint_32>(pixels.cols),
               static_cast<png_uint_32>(pixels.rows), 8,
               pixels.channels() == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  set_texts(writer, texts);
  png_write_info(writer.png(), writer.info());
  for (int y = 0; y < pixels.rows; ++y) png_write_row(writer.png(), pixels.ptr(y));
  png_write_end(writer.png(), writer.info());
  return out;
}

}  // namespace imaging
