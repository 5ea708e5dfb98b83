// SPDX-License-Identifier: MIT
#include "imaging/files/png.h"

#include <png.h>

#include <stdexcept>

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

void set_texts(Writer& writer, const std::vector<PngText>& texts) {
  for (const PngText& text : texts) {
    if (text.keyword.empty() || text.keyword.size() > 79 || text.keyword.find('\0') != std::string::npos) {
      throw std::invalid_argument("a PNG keyword has 1 to 79 bytes, not " + std::to_string(text.keyword.size()));
    }
    if (text.text.find('\0') != std::string::npos) {
      throw std::invalid_argument("the PNG text '" + text.keyword + "' contains a zero byte");
    }
    png_text entry{};
    const bool compress = text.text.size() > kCompressFrom;
    entry.compression = compress ? PNG_ITXT_COMPRESSION_zTXt : PNG_ITXT_COMPRESSION_NONE;
    entry.key = const_cast<char*>(text.keyword.c_str());
    entry.text = const_cast<char*>(text.text.c_str());
    entry.itxt_length = text.text.size();
    png_set_text(writer.png(), writer.info(), &entry, 1);
  }
}

}  // namespace

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
