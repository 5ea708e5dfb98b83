// SPDX-License-Identifier: MIT
#include "tensors/npz.h"

#include <utf8proc.h>
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

namespace tensors {
namespace {

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string reason(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

/// "latents.npy" is the array "latents".
std::string array_name(const std::string& member) {
  return member.ends_with(".npy") ? member.substr(0, member.size() - 4) : member;
}

/// Reads in pieces: what the zip says of a member's size may be a lie that asks for more memory than there is.
std::vector<std::byte> read_member(zip_t* archive, zip_uint64_t index, std::uint64_t left, base::Limit limit,
                                   const std::string& what) {
  const std::unique_ptr<zip_file_t, CloseMember> file(zip_fopen_index(archive, index, 0));
  if (!file) throw FileError(what + " cannot be read: " + zip_strerror(archive));
  std::vector<std::byte> bytes;
  zip_stat_t stat;
  if (zip_stat_index(archive, index, 0, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) != 0)
    bytes.reserve(std::min<std::uint64_t>(stat.size, std::min<std::uint64_t>(left, 64 << 20)));
  std::vector<std::byte> piece(1 << 20);
  while (true) {
    const zip_int64_t got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0) throw FileError(what + " is damaged: " + zip_error_strerror(zip_file_get_error(file.get())));
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::uint64_t>(got) > left)
      throw FileError(what + " makes all arrays of the file together too large: at most " + limit.text());
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
  }
}

std::string descr_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "<f4";
    case at::kDouble:
      return "<f8";
    case at::kHalf:
      return "<f2";
    case at::kLong:
      return "<i8";
    case at::kInt:
      return "<i4";
    case at::kShort:
      return "<i2";
    case at::kChar:
      return "|i1";
    case at::kByte:
      return "|u1";
    case at::kBool:
      return "|b1";
    default:
      throw std::invalid_argument(std::string("an .npz cannot hold ") + at::toString(type));
  }
}

std::string npy_header(const std::string& descr, at::IntArrayRef shape) {
  std::string sizes;
  for (const std::int64_t size : shape) sizes += std::to_string(size) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  std::string dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  dict.append(63 - (10 + dict.size()) % 64, ' ');  // so that the data begins at a multiple of 64
  dict += '\n';
  std::string header = "\x93NUMPY\x01";
  header += '\0';
  header += static_cast<char>(dict.size() & 0xFF);
  header += static_cast<char>(dict.size() >> 8);
  return header + dict;
}

std::string npy_bytes(const at::Tensor& value) {
  at::Tensor tensor = value.detach().to(at::kCPU);
  if (tensor.scalar_type() == at::kBFloat16) tensor = tensor.to(at::kFloat);
  tensor = tensor.contiguous();
  std::string bytes = npy_header(descr_of(tensor.scalar_type()), tensor.sizes());
  return bytes.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
}

/// numpy's U dtype: UCS-4, padded with zeros. One text is a 0-d array, as numpy.savez writes a str.
std::string npy_texts(const std::vector<std::string>& texts) {
  std::vector<std::u32string> wide;
  std::size_t width = 1;
  for (const std::string& text : texts) {
    std::u32string codes;
    for (std::size_t i = 0; i < text.size();) {
      utf8proc_int32_t code = 0;
      const utf8proc_ssize_t length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + i,
                                                       static_cast<utf8proc_ssize_t>(text.size() - i), &code);
      codes += length < 1 ? U'\uFFFD' : static_cast<char32_t>(code);  // what is not UTF-8 has no place in the format
      i += length < 1 ? 1 : static_cast<std::size_t>(length);
    }
    width = std::max(width, codes.size());
    wide.push_back(std::move(codes));
  }
  std::vector<std::int64_t> shape;
  if (texts.size() != 1) shape.push_back(static_cast<std::int64_t>(texts.size()));
  std::string bytes = npy_header("<U" + std::to_string(width), shape);
  for (std::u32string& codes : wide) {
    codes.resize(width, U'\0');
    bytes.append(reinterpret_cast<const char*>(codes.data()), codes.size() * 4);
  }
  return bytes;
}

void add_member(zip_t* archive, const std::string& name, const std::string& bytes) {
  zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
  const zip_int64_t index = zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    throw std::runtime_error("cannot add '" + name + "' to an .npz: " + zip_strerror(archive));
  }
  const auto at = static_cast<zip_uint64_t>(index);
  zip_set_file_compression(archive, at, ZIP_CM_STORE, 0);
  zip_file_set_dostime(archive, at, 0, 0x21, 0);  // 1980-01-01
  zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, 0600u << 16);
}

std::vector<std::byte> contents(zip_source_t* buffer) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_source_stat(buffer, &stat) != 0 || zip_source_open(buffer) != 0)
    throw std::runtime_error("an .npz cannot be made in memory");
  std::vector<std::byte> bytes(stat.size);
  const zip_int64_t got = zip_source_read(buffer, bytes.data(), bytes.size());
  zip_source_close(buffer);
  if (got != static_cast<zip_int64_t>(bytes.size())) throw std::runtime_error("an .npz cannot be made in memory");
  return bytes;
}

}  // namespace

const at::Tensor& Npz::at(const std::string& name, const std::filesystem::path& path) const {
  const auto found = arrays.find(name);
  if (found != arrays.end()) return found->second;
  std::string names;
  for (const auto& [other, array] : arrays) names += (names.empty() ? "" : ", ") + other;
  throw FileError(path.string() + ": has no array '" + name + "'; it has " + (names.empty() ? "none" : names));
}

Npz read_npz(const std::filesystem::path& path, base::Limit bytes) {
  static constexpr base::Limit kArrays{"npz-arrays"};
  base::Descriptor file = base::open_to_read(path);
  int code = 0;
  const std::unique_ptr<zip_t, CloseArchive> archive(zip_fdopen(file.get(), ZIP_CHECKCONS, &code));
  if (!archive) throw FileError(path.string() + ": cannot be read as an .npz: " + reason(code));
  file.release();  // an archive closes its own
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count > static_cast<zip_int64_t>(kArrays.most()))
    throw FileError(path.string() + ": has " + std::to_string(count) + " arrays, at most " + kArrays.text());
  Npz npz;
  std::uint64_t left = bytes.most();
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const char* member = zip_get_name(archive.get(), index, 0);
    const std::string name = array_name(member == nullptr ? "" : member);
    const std::string what = path.string() + ": '" + name + "'";
    const std::vector<std::byte> member_bytes = read_member(archive.get(), index, left, bytes, what);
    left -= member_bytes.size();
    NpyArray array = parse_npy(member_bytes, what);
    const bool fresh = array.array.defined() ? npz.arrays.emplace(name, array.array).second
                                             : npz.texts.emplace(name, std::move(array.texts)).second;
    if (!fresh) throw FileError(what + " is there twice");
  }
  return npz;
}

std::vector<std::byte> npz_bytes(const Npz& npz) {
  std::vector<std::string> members;  // read by zip_close: they live until then
  members.reserve(npz.arrays.size() + npz.texts.size());
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* buffer = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* archive = buffer == nullptr ? nullptr : zip_open_from_source(buffer, ZIP_TRUNCATE, &error);
  if (archive == nullptr) {
    zip_source_free(buffer);
    throw std::runtime_error("an .npz cannot be made in memory");
  }
  zip_source_keep(buffer);
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> keep(buffer, zip_source_free);
  std::unique_ptr<zip_t, CloseArchive> closing(archive);
  for (const auto& [name, array] : npz.arrays) add_member(archive, name, members.emplace_back(npy_bytes(array)));
  for (const auto& [name, texts] : npz.texts) add_member(archive, name, members.emplace_back(npy_texts(texts)));
  if (zip_close(archive) != 0)
    throw std::runtime_error(std::string("an .npz cannot be made in memory: ") + zip_strerror(archive));
  static_cast<void>(closing.release());
  return contents(buffer);
}

}  // namespace tensors
