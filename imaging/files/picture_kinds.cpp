// SPDX-License-Identifier: MIT
#include "imaging/files/picture_kinds.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace imaging {
namespace {

struct Magic {
  std::string_view name;
  std::string_view bytes;
  std::size_t at = 0;
  bool readable = false;
};

using namespace std::string_view_literals;

constexpr std::array kMagic{
    Magic{"PNG", "\x89PNG\r\n\x1a\n"sv, 0, true},
    Magic{"JPEG", "\xFF\xD8\xFF"sv, 0, true},
    Magic{"WebP", "WEBP"sv, 8, true},
    Magic{"BMP", "BM"sv, 0, true},
    Magic{"Canon's raw format", "CR\2"sv, 8},
    Magic{"TIFF", "II*\0"sv, 0, true},
    Magic{"TIFF", "MM\0*"sv, 0, true},
    Magic{"BigTIFF", "II+\0"sv},
    Magic{"BigTIFF", "MM\0+"sv},
    Magic{"GIF", "GIF8"sv},
    Magic{"AVIF", "ftypavi"sv, 4},
    Magic{"HEIC", "ftyphei"sv, 4},
    Magic{"HEIC", "ftyphev"sv, 4},
    Magic{"HEIC", "ftypmif1"sv, 4},
    Magic{"HEIC", "ftypmsf1"sv, 4},
    Magic{"Canon's raw format", "ftypcrx"sv, 4},
    Magic{"a film", "ftyp"sv, 4},
    Magic{"JPEG XL", "\xFF\x0A"sv},
    Magic{"JPEG XL", "\0\0\0\x0CJXL "sv},
    Magic{"JPEG 2000", "\0\0\0\x0CjP  "sv},
    Magic{"JPEG 2000", "\xFF\x4F\xFF\x51"sv},
    Magic{"Photoshop's format", "8BPS"sv},
    Magic{"OpenEXR", "v/1\1"sv},
    Magic{"an icon", "\0\0\1\0"sv},
    Magic{"PDF", "%PDF"sv},
    Magic{"SVG", "<svg"sv},
    Magic{"XML", "<?xml"sv},
    Magic{"a web page", "<!DOCTYPE"sv},
    Magic{"a web page", "<!doctype"sv},
    Magic{"a web page", "<html"sv},
    Magic{"macOS's note beside a file (AppleDouble)", "\0\5\x16\7"sv},
    Magic{"a pointer of Git LFS (git lfs pull gets the file)", "version https://git-lfs"sv},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 30> kNames{{
    {".avif", "AVIF"},
    {".avifs", "AVIF"},
    {".heic", "HEIC"},
    {".heif", "HEIC"},
    {".hif", "HEIC"},
    {".gif", "GIF"},
    {".jxl", "JPEG XL"},
    {".jp2", "JPEG 2000"},
    {".j2k", "JPEG 2000"},
    {".psd", "Photoshop's format"},
    {".psb", "Photoshop's format"},
    {".exr", "OpenEXR"},
    {".svg", "SVG"},
    {".jfif", "JPEG, whose name here ends in .jpg"},
    {".jpe", "JPEG, whose name here ends in .jpg"},
    {".apng", "PNG, whose name here ends in .png"},
    {".3fr", "a raw file"},
    {".arw", "a raw file"},
    {".cr2", "a raw file"},
    {".cr3", "a raw file"},
    {".dng", "a raw file"},
    {".nef", "a raw file"},
    {".nrw", "a raw file"},
    {".orf", "a raw file"},
    {".pef", "a raw file"},
    {".raf", "a raw file"},
    {".raw", "a raw file"},
    {".rw2", "a raw file"},
    {".srw", "a raw file"},
    {".x3f", "a raw file"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kLeftovers{{
    {".DS_Store", "macOS"},
    {".AppleDouble", "macOS"},
    {"__MACOSX", "macOS"},
    {".Spotlight-V100", "macOS"},
    {".Trashes", "macOS"},
    {".fseventsd", "macOS"},
    {".TemporaryItems", "macOS"},
    {".DocumentRevisions-V100", "macOS"},
    {"Icon\r", "macOS"},
    {"Thumbs.db", "Windows"},
    {"ehthumbs.db", "Windows"},
    {"desktop.ini", "Windows"},
    {"$RECYCLE.BIN", "Windows"},
    {"System Volume Information", "Windows"},
    {"lost+found", "Linux"},
    {".thumbnails", "Linux"},
    {".directory", "KDE"},
    {"@eaDir", "Synology"},
    {"#recycle", "Synology"},
    {".@__thumb", "QNAP"},
    {"@Recycle", "QNAP"},
    {".picasa.ini", "Picasa"},
    {".picasaoriginals", "Picasa"},
    {".nomedia", "Android"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

}  // namespace

PictureKind kind_of(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto is = [&](const Magic& magic) {
    return text.size() > magic.at && text.substr(magic.at).starts_with(magic.bytes);
  };
  const auto found = std::ranges::find_if(kMagic, is);
  if (found == kMagic.end()) return {};
  PictureKind kind{std::string(found->name), found->readable};
  if (kind.name == "WebP") {
    if (!text.starts_with("RIFF")) return {};
    kind.is_animated = text.substr(12).starts_with("VP8X") && text.size() > 20 && (text[20] & 2) != 0;
  }
  // The chunk that animates stands in front of the pixels, and programs write it behind the header at once.
  if (kind.name == "PNG") kind.is_animated = text.size() > 41 && text.substr(37).starts_with("acTL");
  return kind;
}

std::string readable_kinds() {
  return "PNG, JPEG, WebP, BMP and TIFF";
}

std::string unreadable_by_name(const std::string& path) {
  const std::string ending = lower(std::filesystem::path(path).extension().string());
  const auto found = std::ranges::find(kNames, ending, [](const auto& one) { return one.first; });
  return found == kNames.end() ? "" : std::string(found->second);
}

std::string leftover_of(const std::string& name) {
  if (name.starts_with("._")) return "macOS";
  if (name.starts_with(".Trash-")) return "Linux";
  const std::string small = lower(name);
  const auto found = std::ranges::find_if(kLeftovers, [&](const auto& one) { return lower(one.first) == small; });
  return found == kLeftovers.end() ? "" : std::string(found->second);
}

}  // namespace imaging
