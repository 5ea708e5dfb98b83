// SPDX-License-Identifier: MIT
// Sources: ITU T.81, B.1 (JPEG's segments); CIPA DC-008 and Adobe's XMP specification, part 3 (APP1, extended XMP); the
// WebP container specification (VP8X, EXIF and XMP chunks).
#include "imaging/texts/picture_texts.h"

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>

#include "base/reading.h"
#include "base/sha1.h"
#include "imaging/texts/exif.h"
#include "imaging/texts/file_bytes.h"
#include "imaging/texts/xmp.h"

namespace imaging {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n", kJpegSignature = "\xFF\xD8\xFF";
constexpr std::string_view kExifHead("Exif\0\0", 6), kXmpHead("http://ns.adobe.com/xap/1.0/\0", 29),
    kMoreXmpHead("http://ns.adobe.com/xmp/extension/\0", 35);
constexpr std::size_t kSegment = 65533;      // bytes that follow a segment's length
constexpr std::size_t kGuid = 32;            // hexadecimal digits by which the parts of a packet know each other
constexpr std::size_t kMostParts = 100'000;  // segments or chunks: a file of nothing else would be read for minutes
constexpr std::string_view kHasMore = "xmpNote:HasExtendedXMP=\"";

/// The parts of a file that may hold texts, in front of the pixels or behind them.
struct Parts {
  std::string exif{}, xmp{};
};

class Walker {
 public:
  Walker(ReadAt read_at, std::string name, const PngTextLimits& limits)
      : read_at_(std::move(read_at)), name_(std::move(name)), limits_(limits) {}

  bool begins_with(std::string_view signature, std::size_t at = 0) const {
    return bytes(at, signature.size()) == signature;
  }
  bool is_png() const { return begins_with(kPngSignature); }
  bool is_jpeg() const { return begins_with(kJpegSignature); }
  bool is_webp() const { return begins_with("RIFF") && begins_with("WEBP", 8); }

  Parts of_jpeg() const {
    Parts parts;
    std::string more;
    std::size_t at = 2;
    for (std::size_t count = 0;; ++count) {
      check_count(count);
      std::string head = bytes(at, 4);
      for (; head.starts_with("\xFF\xFF"); head = bytes(++at, 4)) check_count(++count);  // fill bytes
      if (head.size() < 4 || head[0] != '\xFF') fail("a damaged JPEG: it has no picture");
      const auto marker = static_cast<unsigned char>(head[1]);
      if (marker == 0xDA || marker == 0xD9) break;
      if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
        at += 2;  // markers without a length
        continue;
      }
      const std::size_t length = big16(head.substr(2));
      if (length < 2) fail("a damaged JPEG: a segment without a length");
      if (marker == 0xE1) take_segment(bytes(at + 4, length - 2), parts, more);
      at += 2 + length;
    }
    const std::size_t note = parts.xmp.find(kHasMore);
    if (note != std::string::npos) add_more(parts.xmp, parts.xmp.substr(note + kHasMore.size(), kGuid), more);
    return parts;
  }

  Parts of_webp() const {
    Parts parts;
    std::size_t at = 12;
    for (std::size_t count = 0;; ++count) {
      check_count(count);
      const std::string head = bytes(at, 8);
      if (head.size() < 8) return parts;
      const std::size_t length = little32(std::string_view(head).substr(4));
      const bool exif = head.starts_with("EXIF");
      if (exif || head.starts_with("XMP ")) {
        if (length > limits_.text_bytes) too_long();
        std::string& part = exif ? parts.exif : parts.xmp;
        part = bytes(at + 8, length);
        if (part.size() < length) fail("cut off: the file ends in its texts");
        if (part.starts_with(kExifHead)) part.erase(0, kExifHead.size());
      }
      at += 8 + length + length % 2;
    }
  }

  std::string exif_of_png() const {
    std::size_t at = kPngSignature.size();
    for (std::size_t count = 0; count < kMostParts; ++count) {
      const std::string head = bytes(at, 8);
      if (head.size() < 8) break;
      const std::size_t length = big32(head);
      if (head.ends_with("eXIf")) return bytes(at + 8, std::min(length, limits_.text_bytes));
      at += 12 + length;
    }
    return "";
  }

  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(name_ + ": " + what); }

 private:
  void check_count(std::size_t count) const {
    if (count > kMostParts) fail("has more than " + std::to_string(kMostParts) + " parts in front of its picture");
  }

  /// `more` gets parts of a longer packet as they are, with their heads.
  void take_segment(std::string segment, Parts& parts, std::string& more) const {
    if (segment.starts_with(kExifHead)) {
      if (parts.exif.empty()) parts.exif = segment.substr(kExifHead.size());
    } else if (segment.starts_with(kXmpHead)) {
      if (parts.xmp.empty()) parts.xmp = segment.substr(kXmpHead.size());
    } else if (segment.starts_with(kMoreXmpHead) && segment.size() > kMoreXmpHead.size() + kGuid + 8) {
      if (more.size() + segment.size() > limits_.total_bytes) too_long();
      more += std::string(1, static_cast<char>(segment.size() >> 8)) + static_cast<char>(segment.size() & 0xFF);
      more += segment;
    }
  }

  /// Puts the parts of a longer packet together, which may come in any order.
  void add_more(std::string& packet, const std::string& guid, std::string_view more) const {
    std::string whole;
    std::size_t filled = 0;
    while (more.size() > 2) {
      const std::size_t size = big16(more);
      std::string_view part = more.substr(2, size);
      more.remove_prefix(2 + size);
      part.remove_prefix(kMoreXmpHead.size());
      if (!part.starts_with(guid)) continue;
      const std::size_t length = big32(part.substr(kGuid)), at = big32(part.substr(kGuid + 4));
      part.remove_prefix(kGuid + 8);
      if (length > limits_.text_bytes) too_long();
      whole.resize(std::max(whole.size(), length));
      if (at > whole.size() || part.size() > whole.size() - at) fail("the parts of its XMP packet do not fit");
      std::ranges::copy(part, whole.begin() + static_cast<std::ptrdiff_t>(at));
      filled += part.size();
    }
    if (filled < whole.size()) fail("its XMP packet is not whole");
    packet += whole;
  }

  [[noreturn]] void too_long() const {
    fail("its texts are too long: at most " + PngTextLimits::kTextBytes.text(limits_.text_bytes));
  }

  std::string bytes(std::size_t at, std::size_t size) const {
    std::string out(size, '\0');
    const ssize_t have = read_at_(out, at);
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(have, 0)));
    return out;
  }

  const ReadAt read_at_;
  const std::string name_;
  const PngTextLimits limits_;
};

std::vector<PngText> texts_of(const Walker& file, const PngTextLimits& limits) {
  const Parts parts = file.is_jpeg() ? file.of_jpeg() : file.of_webp();
  std::vector<PngText> texts = parse_xmp(parts.xmp);
  if (std::string comment = parse_exif(parts.exif).comment; !comment.empty())
    texts.push_back({kWebUiKeyword, std::move(comment)});
  if (texts.size() > limits.texts) file.fail("too many texts: at most " + PngTextLimits::kTexts.text(limits.texts));
  return texts;
}

void append(std::vector<std::byte>& out, std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  out.insert(out.end(), begin, begin + text.size());
}

std::string big_endian(std::size_t number, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i));
  return out;
}
std::string little_endian(std::size_t number, int bytes) {
  std::string out = big_endian(number, bytes);
  std::ranges::reverse(out);
  return out;
}

std::string segment(std::string_view head, std::string_view data) {
  return "\xFF\xE1" + big_endian(2 + head.size() + data.size(), 2) + std::string(head) + std::string(data);
}

/// A packet that one segment holds, or one that names the others, which hold the whole. The specification makes their
/// common name the MD5 of the whole; readers only compare it, so that another digest will do.
std::string xmp_segments(const std::string& packet) {
  if (kXmpHead.size() + packet.size() <= kSegment) return segment(kXmpHead, packet);
  const std::string guid = base::sha1_hex(packet).substr(0, kGuid);
  std::string out = segment(kXmpHead,
                            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/"
                            "22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
                            "xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" " +
                                std::string(kHasMore) + guid + "\"/></rdf:RDF></x:xmpmeta>");
  const std::size_t most = kSegment - kMoreXmpHead.size() - kGuid - 8;
  for (std::size_t at = 0; at < packet.size(); at += most) {
    const std::string place = guid + big_endian(packet.size(), 4) + big_endian(at, 4);
    out += segment(kMoreXmpHead, place + packet.substr(at, most));
  }
  return out;
}

std::vector<std::byte> into_jpeg(std::vector<std::byte> file, const Parts& parts) {
  std::string segments;
  if (!parts.exif.empty()) {
    if (kExifHead.size() + parts.exif.size() > kSegment)
      throw std::length_error("a JPEG's EXIF has room for 64 KiB, and the text for web UIs takes " +
                              std::to_string(parts.exif.size()) + " bytes: .png and .webp hold it");
    segments = segment(kExifHead, parts.exif);
  }
  if (!parts.xmp.empty()) segments += xmp_segments(parts.xmp);
  std::size_t at = 2;  // behind JFIF's own segment, which has to be the first
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.substr(2).starts_with("\xFF\xE0")) at += 2 + big16(text.substr(4));
  const auto* begin = reinterpret_cast<const std::byte*>(segments.data());
  file.insert(file.begin() + static_cast<std::ptrdiff_t>(at), begin, begin + segments.size());
  return file;
}

void append_chunk(std::vector<std::byte>& out, std::string_view name, std::string_view data) {
  append(out, std::string(name) + little_endian(data.size(), 4));
  append(out, data);
  if (data.size() % 2 == 1) out.push_back(std::byte{0});
}

/// What an encoder makes is one chunk of pixels; texts need the extended form, which says the size in front.
std::vector<std::byte> into_webp(const std::vector<std::byte>& file, const Parts& parts) {
  const std::string_view old(reinterpret_cast<const char*>(file.data()), file.size());
  const bool lossless = old.substr(12).starts_with("VP8L");
  if (!lossless && !old.substr(12).starts_with("VP8 ")) throw std::invalid_argument("a WebP with other parts already");
  const std::uint32_t bits = lossless ? little32(old.substr(21)) : little32(old.substr(26));
  const std::uint32_t width = (bits & 0x3FFF) - (lossless ? 0 : 1);
  const std::uint32_t height = (lossless ? bits >> 14 & 0x3FFF : (bits >> 16 & 0x3FFF) - 1);
  const std::uint32_t alpha = lossless && (bits >> 28 & 1) ? 0x10 : 0;
  const std::uint32_t flags = alpha | (parts.exif.empty() ? 0 : 0x08) | (parts.xmp.empty() ? 0 : 0x04);
  std::vector<std::byte> out;
  append(out, "RIFF____WEBP");
  append_chunk(out, "VP8X", little_endian(flags, 4) + little_endian(width, 3) + little_endian(height, 3));
  append(out, old.substr(12));
  if (!parts.exif.empty()) append_chunk(out, "EXIF", parts.exif);
  if (!parts.xmp.empty()) append_chunk(out, "XMP ", parts.xmp);
  const std::string size = little_endian(out.size() - 8, 4);
  std::ranges::transform(size, out.begin() + 4, [](char c) { return static_cast<std::byte>(c); });
  return out;
}

}  // namespace

std::vector<PngText> read_picture_texts(std::span<const std::byte> file, const std::string& name,
                                        const PngTextLimits& limits) {
  const Walker walker(bytes_at(file), name, limits);
  if (walker.is_png()) return read_png_texts(file, name, limits);
  if (!walker.is_jpeg() && !walker.is_webp()) walker.fail("not a PNG, JPEG or WebP file");
  return texts_of(walker, limits);
}

std::vector<PngText> read_picture_texts(const std::string& path, const PngTextLimits& limits) {
  const base::Descriptor file = base::open_to_read(path);
  const Walker walker(bytes_at(file), path, limits);
  if (walker.is_png()) return read_png_texts(path, limits);
  if (!walker.is_jpeg() && !walker.is_webp()) walker.fail("not a PNG, JPEG or WebP file");
  return texts_of(walker, limits);
}

int exif_orientation(std::span<const std::byte> file) {
  const Walker walker(bytes_at(file), "", {});
  try {
    if (walker.is_png()) return parse_exif(walker.exif_of_png()).orientation;
    if (walker.is_jpeg()) return parse_exif(walker.of_jpeg().exif).orientation;
    if (walker.is_webp()) return parse_exif(walker.of_webp().exif).orientation;
  } catch (const std::runtime_error&) {  // whoever reads the pixels says what is wrong
  }
  return 1;
}

std::vector<std::byte> add_texts(std::vector<std::byte> file, const std::vector<PngText>& texts) {
  Parts parts;
  std::vector<PngText> others;
  for (const PngText& text : texts) {
    if (text.keyword == kWebUiKeyword) parts.exif = exif_with_comment(text.text);
    else others.push_back(text);
  }
  if (!others.empty()) parts.xmp = xmp_with_texts(others);
  if (parts.exif.empty() && parts.xmp.empty()) return file;
  const Walker walker(bytes_at(file), "", {});
  if (walker.is_jpeg()) return into_jpeg(std::move(file), parts);
  if (walker.is_webp()) return into_webp(file, parts);
  throw std::invalid_argument("texts can be added to JPEG and WebP files alone");
}

}  // namespace imaging
