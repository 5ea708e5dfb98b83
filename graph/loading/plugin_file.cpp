// SPDX-License-Identifier: MIT
#include "graph/loading/plugin_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/limits.h"

namespace graph {
namespace {

constexpr char kSymbol[] = "decoupage_plugin_abi";
constexpr base::Limit kTableBytes{"plugin-table-bytes"};
constexpr std::size_t kLongestAbi = 4096;
constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);

/// Tables of a file that may be anything.
class ElfFile {
 public:
  explicit ElfFile(const std::string& file) : file_(base::open_file(file, O_RDONLY)) {
    struct stat status {};
    if (file_ && fstat(file_.get(), &status) == 0) size_ = static_cast<std::size_t>(status.st_size);
    const Header header = read<Header>(0, sizeof(Header)).at(0);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != kClass ||
        header.e_type != ET_DYN || header.e_shentsize != sizeof(Section)) {
      throw std::runtime_error("not a shared library of this machine");
    }
    sections_ = read<Section>(header.e_shoff, header.e_shnum * sizeof(Section));
  }

  /// What a symbol of the dynamic table holds; empty when it is not defined.
  std::string contents(std::string_view name) {
    for (const Section& section : sections_) {
      if (section.sh_type != SHT_DYNSYM) continue;
      const std::vector<char> names = table<char>(sections_.at(section.sh_link));
      for (const Symbol& symbol : table<Symbol>(section)) {
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= sections_.size()) continue;
        if (text_at(names, symbol.st_name) != name) continue;
        const Section& home = sections_[symbol.st_shndx];
        const auto bytes = read<char>(home.sh_offset + (symbol.st_value - home.sh_addr), kLongestAbi, true);
        return std::string(text_at(bytes, 0));
      }
    }
    return {};
  }

 private:
  template <class T>
  std::vector<T> table(const Section& section) {
    return read<T>(section.sh_offset, section.sh_size);
  }
  template <class T>
  std::vector<T> read(std::size_t offset, std::size_t bytes, bool or_less = false) {
    if (bytes > kTableBytes.most())
      throw std::runtime_error("not a shared library of this machine: a table in it has more than " +
                               kTableBytes.text());
    const std::size_t there = size_ - std::min(offset, size_);
    if (bytes > there && !or_less) throw std::runtime_error("not a shared library of this machine");
    std::vector<T> values(std::min(bytes, there) / sizeof(T));  // a size that lies costs no memory
    const std::span<char> to(reinterpret_cast<char*>(values.data()), values.size() * sizeof(T));
    if (base::read_some_at(file_, to, offset) != std::ssize(to))
      throw std::runtime_error("not a shared library of this machine");
    return values;
  }
  static std::string_view text_at(const std::vector<char>& texts, std::size_t at) {
    if (at >= texts.size()) return {};
    return {&texts[at], ::strnlen(&texts[at], texts.size() - at)};
  }

  const base::Descriptor file_;
  std::size_t size_ = 0;
  std::vector<Section> sections_;
};

}  // namespace

std::string read_plugin_abi(const std::string& file) {
  std::string abi;
  try {
    abi = ElfFile(file).contents(kSymbol);
  } catch (const std::out_of_range&) {
    throw std::runtime_error("not a shared library of this machine: it is damaged");
  }
  if (abi.empty()) {
    throw std::runtime_error("not a decoupage plugin (build it with DECOUPAGE_PLUGIN from graph/plugin.h)");
  }
  return abi;
}

}  // namespace graph
