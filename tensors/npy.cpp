// SPDX-License-Identifier: MIT
// The .npy format: numpy's doc/source/reference/generated/numpy.lib.format, versions 1 to 3.
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "tensors/npz.h"

namespace tensors {
namespace {

constexpr base::Limit kNpyHeaderBytes{"npy-header-bytes"};
constexpr std::size_t kMaxDims = 32;  // numpy's own

/// The literal of the header: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }
struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

/// Reads that one form of Python literal, and nothing else.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& what) : text_(text), what_(what) {}

  Header parse() {
    Header header;
    int seen = 0;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        if (peek() == '[') fail("has an array of structures, which cannot be a tensor");
        header.descr = quoted();
      } else if (key == "fortran_order") header.fortran = boolean();
      else if (key == "shape") header.shape = shape();
      else fail("has a header with the unknown key '" + key + "'");
      ++seen;
      if (!accept(',') && peek() != '}') bad();
    }
    if (seen != 3) bad();
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw FileError(what_ + " " + why); }
  [[noreturn]] void bad() const { fail("has a header that is not a .npy header"); }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) bad();
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') bad();
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) bad();
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (text_.substr(at_).starts_with(word)) return at_ += word.size(), value;
    }
    bad();
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      peek();
      std::int64_t size = 0;
      const auto [rest, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) bad();
      at_ = static_cast<std::size_t>(rest - text_.data());
      sizes.push_back(size);
      if (sizes.size() > kMaxDims) fail("has more than " + std::to_string(kMaxDims) + " dimensions");
      if (!accept(',') && peek() != ')') bad();
    }
    return sizes;
  }

  std::string_view text_;
  const std::string& what_;
  std::size_t at_ = 0;
};

struct NpyDtype {
  std::string_view code;
  at::ScalarType type;
};
constexpr NpyDtype kNpyDtypes[] = {{"f2", at::kHalf}, {"f4", at::kFloat}, {"f8", at::kDouble},
                                   {"i1", at::kChar}, {"u1", at::kByte},  {"i2", at::kShort},
                                   {"i4", at::kInt},  {"i8", at::kLong},  {"b1", at::kBool}};

/// How many bytes the array has. nullopt when that is more than 2^62.
std::optional<std::size_t> byte_count(const std::vector<std::int64_t>& shape, std::size_t item) {
  std::size_t bytes = item;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(size), &bytes) || bytes > std::size_t{1} << 62)
      return std::nullopt;
  }
  return bytes;
}

void append_utf8(std::string& text, std::uint32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

/// numpy pads texts with zeros: U has four bytes a character (UCS-4), S one.
std::vector<std::string> read_texts(std::span<const std::byte> bytes, char kind, std::size_t width, bool swapped,
                                    const std::string& what) {
  const std::size_t unit = kind == 'U' ? 4 : 1;
  std::vector<std::string> texts;
  for (std::size_t at = 0; width > 0 && at + width * unit <= bytes.size(); at += width * unit) {
    std::string text;
    for (std::size_t i = 0; i < width; ++i) {
      std::uint32_t code = 0;
      std::memcpy(&code, bytes.data() + at + i * unit, unit);
      if (unit == 4 && swapped) code = __builtin_bswap32(code);
      if (unit == 1) {
        text += static_cast<char>(code);
        continue;
      }
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        throw FileError(what + " has a text that is not Unicode");
      append_utf8(text, code);
    }
    text.resize(text.find_last_not_of('\0') + 1);
    texts.push_back(std::move(text));
  }
  if (width == 0) texts.emplace_back();
  return texts;
}

at::Tensor read_numbers(std::span<const std::byte> bytes, const Header& header, const NpyDtype& dtype, bool swapped) {
  std::vector<std::int64_t> sizes = header.shape;
  if (header.fortran) std::ranges::reverse(sizes);
  at::Tensor tensor = at::empty(sizes, at::TensorOptions(dtype.type));
  if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
  if (swapped) {
    const std::size_t item = tensor.element_size();
    auto* data = static_cast<std::byte*>(tensor.data_ptr());
    for (std::size_t at = 0; at < bytes.size(); at += item) std::reverse(data + at, data + at + item);
  }
  // Any byte but 0 and 1 in a bool is undefined behaviour to whoever reads it.
  if (dtype.type == at::kBool) tensor = tensor.view(at::kByte).ne(0);
  if (!header.fortran) return tensor;
  std::vector<std::int64_t> order(sizes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(order.size() - 1 - i);
  return tensor.permute(order).contiguous();
}

/// The text of the header; `data` is set to where the array begins.
std::string_view header_text(std::span<const std::byte> bytes, const std::string& what, std::size_t& data) {
  static constexpr std::string_view kMagic = "\x93NUMPY";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || text.size() < 10) throw FileError(what + " is not a .npy array");
  const bool first = text[6] == 1;
  if (text[6] < 1 || text[6] > 3) throw FileError(what + " has a .npy version that is not 1, 2 or 3");
  std::uint32_t length = 0;
  data = first ? 10 : 12;
  if (text.size() < data) throw FileError(what + " is cut off in its header");
  std::memcpy(&length, bytes.data() + 8, first ? 2 : 4);
  if (length > kNpyHeaderBytes.most())
    throw FileError(what + " has a header of " + std::to_string(length) + " bytes, at most " + kNpyHeaderBytes.text());
  if (text.size() - data < length) throw FileError(what + " is cut off in its header");
  data += length;
  return text.substr(data - length, length);
}

}  // namespace

NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& what) {
  std::size_t data = 0;
  const Header header = HeaderParser(header_text(bytes, what, data), what).parse();
  const std::string& descr = header.descr;
  if (descr.size() < 2) throw FileError(what + " has no dtype");
  if (descr[1] == 'O') throw FileError(what + " has Python objects, which are never unpickled; save numbers and texts");
  const bool swapped = descr[0] == (std::endian::native == std::endian::little ? '>' : '<');
  const std::string_view code = std::string_view(descr).substr(1);
  const auto* dtype = std::ranges::find(kNpyDtypes, code, &NpyDtype::code);
  const bool is_text = code[0] == 'U' || code[0] == 'S';
  std::size_t width = 0;
  if (is_text) std::from_chars(code.data() + 1, code.data() + code.size(), width);
  if ((dtype == std::end(kNpyDtypes) && !is_text) || width > 1'000'000)
    throw FileError(what + " has the dtype '" + descr + "'; f2, f4, f8, i1, u1, i2, i4, i8, b1 and texts can be read");
  const std::size_t item = is_text ? width * (code[0] == 'U' ? 4 : 1) : at::elementSize(dtype->type);
  const std::optional<std::size_t> size = byte_count(header.shape, item);
  if (!size || bytes.size() - data != *size)
    throw FileError(what + " has " + std::to_string(bytes.size() - data) + " bytes of data where its shape asks for " +
                    (size ? std::to_string(*size) : std::string("more than any machine has")));
  if (is_text) return {{}, read_texts(bytes.subspan(data), code[0], width, swapped, what)};
  return {read_numbers(bytes.subspan(data), header, *dtype, swapped), {}};
}

}  // namespace tensors
