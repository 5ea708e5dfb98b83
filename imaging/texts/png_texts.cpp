// SPDX-License-Identifier: MIT
// The texts of a PNG by walking its chunks (PNG specification, 3rd edition, sections 5 and 11.3.3): libpng would have
// to read the pixels to reach texts behind them. Every length is checked before it is believed.
#include "imaging/texts/png_texts.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>

#include "base/reading.h"
#include "imaging/texts/file_bytes.h"

namespace imaging {
namespace {

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) out += c;
    else (out += static_cast<char>(0xC0 | byte >> 6)) += static_cast<char>(0x80 | (byte & 0x3F));
  }
  return out;
}

class TextReader {
 public:
  TextReader(ReadAt read_at, std::string name, const PngTextLimits& limits)
      : read_at_(std::move(read_at)), name_(std::move(name)), limits_(limits) {}

  std::vector<PngText> read() {
    static constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
    std::string signature(kSignature.size(), '\0');
    next_ = kSignature.size();
    if (read_at_(signature, 0) != std::ssize(signature) || signature != kSignature)
      throw std::runtime_error(name_ + ": not a PNG file");
    at_ = kSignature.size();
    while (read_chunk()) {
    }
    return std::move(texts_);
  }

 private:
  // False at the end chunk.
  bool read_chunk() {
    std::array<unsigned char, 8> head{};
    read_bytes(head.data(), head.size(), "a chunk");
    const std::uint32_t length = big_endian(head.data());
    chunk_.assign(reinterpret_cast<const char*>(head.data()) + 4, 4);
    start_ = at_;
    at_ += head.size();
    for (const char c : chunk_) {
      if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) fail("what stands there is no chunk");
    }
    if (length > 0x7FFFFFFFu) fail("the " + chunk_ + " chunk says that it is longer than PNG allows");
    if (chunk_ == "IEND") return false;
    if (chunk_ == "tEXt" || chunk_ == "zTXt" || chunk_ == "iTXt") read_text(length);
    else skip(length);
    at_ += length + std::size_t{4};
    return true;
  }

  void skip(std::uint32_t length) {
    next_ += length + std::size_t{3};
    char last = 0;
    read_bytes(&last, 1, "the " + chunk_ + " chunk");
  }

  void read_text(std::uint32_t length) {
    if (length > limits_.text_bytes) too_long();
    if (texts_.size() >= limits_.texts) fail("too many texts: at most " + PngTextLimits::kTexts.text(limits_.texts));
    std::string data;
    while (data.size() < length) {  // in pieces: a length that lies costs no memory
      const std::size_t have = data.size();
      data.resize(std::min<std::size_t>(length, have + 65536));
      read_bytes(data.data() + have, data.size() - have, "the " + chunk_ + " chunk");
    }
    std::array<unsigned char, 4> crc{};
    read_bytes(crc.data(), crc.size(), "the " + chunk_ + " chunk");
    uLong sum = crc32(0, reinterpret_cast<const Bytef*>(chunk_.data()), 4);
    sum = crc32(sum, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
    if (sum != big_endian(crc.data())) fail("the checksum of the " + chunk_ + " chunk is wrong: the file is damaged");
    texts_.push_back(parse(data));
    total_ += texts_.back().text.size();
    if (total_ > limits_.total_bytes)
      fail("too much text: at most " + PngTextLimits::kTotalBytes.text(limits_.total_bytes));
  }

  PngText parse(std::string_view data) {
    PngText text;
    text.keyword = latin1_to_utf8(take_word(data));
    if (chunk_ == "tEXt") {
      text.text = latin1_to_utf8(data);
    } else if (chunk_ == "zTXt") {
      take_byte(data);
      text.text = latin1_to_utf8(inflate_text(data));
    } else {
      const bool compressed = take_byte(data) != 0;
      take_byte(data);
      take_word(data);  // the language
      take_word(data);  // the translated keyword
      text.text = compressed ? inflate_text(data) : std::string(data);
    }
    return text;
  }

  std::string_view take_word(std::string_view& data) {
    const std::size_t end = data.find('\0');
    if (end == std::string_view::npos) fail("the " + chunk_ + " chunk is malformed");
    const std::string_view word = data.substr(0, end);
    data.remove_prefix(end + 1);
    return word;
  }
  char take_byte(std::string_view& data) {
    if (data.empty()) fail("the " + chunk_ + " chunk is malformed");
    const char byte = data.front();
    data.remove_prefix(1);
    return byte;
  }

  std::string inflate_text(std::string_view data) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) fail("zlib cannot start");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    std::string out;
    int status = Z_OK;
    while (status == Z_OK) {
      const std::size_t have = out.size();
      if (have > limits_.text_bytes) too_long();
      out.resize(have + 65536);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
      stream.avail_out = 65536;
      status = inflate(&stream, Z_NO_FLUSH);
      out.resize(have + 65536 - stream.avail_out);
    }
    if (status != Z_STREAM_END) fail("the compressed text in the " + chunk_ + " chunk is damaged");
    if (out.size() > limits_.text_bytes) too_long();
    return out;
  }

  void read_bytes(void* to, std::size_t size, const std::string& what) {
    if (read_at_({static_cast<char*>(to), size}, next_) != static_cast<ssize_t>(size))
      throw std::runtime_error(name_ + ": cut off: the file ends in " + what + " at byte " + std::to_string(at_));
    next_ += size;
  }
  [[noreturn]] void too_long() {
    fail("the text in the " + chunk_ + " chunk is too long: at most " +
         PngTextLimits::kTextBytes.text(limits_.text_bytes));
  }
  [[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(name_ + ": " + what + " (at byte " + std::to_string(start_) + ")");
  }
  static std::uint32_t big_endian(const unsigned char* p) {
    return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
  }

  const ReadAt read_at_;
  const std::string name_;
  const PngTextLimits limits_;
  std::string chunk_;
  std::size_t next_ = 0;  ///< byte of the file
  std::size_t at_ = 0, start_ = 0, total_ = 0;
  std::vector<PngText> texts_;
};

}  // namespace

std::vector<PngText> read_png_texts(std::span<const std::byte> file, const std::string& name,
                                    const PngTextLimits& limits) {
  return TextReader(bytes_at(file), name, limits).read();
}

std::vector<PngText> read_png_texts(const std::string& path, const PngTextLimits& limits) {
  const base::Descriptor file = base::open_to_read(path);
  return TextReader(bytes_at(file), path, limits).read();
}

}  // namespace imaging
