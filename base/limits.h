// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

/// How much a file may ask for before it is refused. This table is the one place where limits are told: the readers,
/// their messages, `decoupage limits`, `--max NAME=N` and docs/limits.md go by it. What a format itself fixes (the
/// dimensions of an array, the merges of CLIP's tokenizer) is not in it.
namespace base {

enum class Unit { kBytes, kCount };

struct LimitRow {
  std::string_view name;
  std::uint64_t usual;
  Unit unit;
  std::string_view of;
  std::uint64_t highest = std::numeric_limits<std::int64_t>::max();  ///< no --max goes beyond: a library's own end
};

inline constexpr std::uint64_t kKiB = 1 << 10, kMiB = 1 << 20, kGiB = 1 << 30;

inline constexpr std::array kLimits{
    LimitRow{"graph-bytes", 16 * kMiB, Unit::kBytes, "a graph file or a params file"},
    LimitRow{"graph-value-bytes", kMiB, Unit::kBytes,
             "one value of such a file, and a map in braces or a list in brackets"},
    LimitRow{"graph-depth", 100, Unit::kCount, "maps and lists in each other in such a file", 1000},
    LimitRow{"graph-values", 2'000'000, Unit::kCount, "values in all files of a graph, aliases and includes followed"},
    LimitRow{"graph-includes", 16, Unit::kCount, "levels of bins in bins", 1000},
    LimitRow{"graph-defaults", 100, Unit::kCount, "params in a row, each with a default that names the one before",
             1000},
    LimitRow{"data-values", 200'000, Unit::kCount, "values in one structured setting (data), aliases followed"},
    LimitRow{"sweep-values", 1'000'000, Unit::kCount,
             "values that a param is given, its ranges and num_seeds written out", 1'000'000'000},
    LimitRow{"sweep-items", 100'000'000, Unit::kCount, "items of a run that ends", 1'000'000'000'000},
    LimitRow{"items-bytes", 256 * kMiB, Unit::kBytes, "a table of items: .csv, .jsonl, .json, .txt"},
    LimitRow{"items-rows", 10'000'000, Unit::kCount, "rows of a table of items", 1'000'000'000},
    LimitRow{"each-elements", 1'000'000, Unit::kCount, "elements of an each", 1'000'000'000},
    LimitRow{"bound-nodes", 256, Unit::kCount,
             "objects of a node that are kept for values that links have fed to its properties", 1'000'000},
    LimitRow{"picture-bytes", 512 * kMiB, Unit::kBytes, "a picture file", 2 * kGiB - 1},
    LimitRow{"picture-pixels", kGiB / 4, Unit::kCount, "width times height of a picture", kGiB},
    LimitRow{"picture-side", 65'535, Unit::kCount, "width and height of a picture, px", kMiB},
    LimitRow{"png-text-bytes", 16 * kMiB, Unit::kBytes, "one text in a picture, unpacked: a recipe is one"},
    LimitRow{"png-texts-bytes", 64 * kMiB, Unit::kBytes, "all texts of a picture together, unpacked"},
    LimitRow{"png-texts", 1000, Unit::kCount, "texts in a picture"},
    LimitRow{"safetensors-header-bytes", 100'000'000, Unit::kBytes,
             "the header of a .safetensors file: weights, LoRAs, embeddings", 100'000'000},
    LimitRow{"safetensors-tensors", 100'000, Unit::kCount, "tensors in a .safetensors file"},
    LimitRow{"npz-bytes", 16 * kGiB, Unit::kBytes, "all arrays of an .npz, unpacked"},
    LimitRow{"npz-arrays", 10'000, Unit::kCount, "arrays in an .npz"},
    LimitRow{"npy-header-bytes", 64 * kKiB, Unit::kBytes, "the header of an array in an .npz"},
    LimitRow{"latent-bytes", 256 * kMiB, Unit::kBytes, "all arrays of a latent file, unpacked"},
    LimitRow{"config-bytes", kMiB, Unit::kBytes, "a config of a model, a scheduler or a tokenizer (JSON)"},
    LimitRow{"weight-index-bytes", 64 * kMiB, Unit::kBytes, "an index of weights that are in pieces (JSON)"},
    LimitRow{"vocabulary-bytes", 16 * kMiB, Unit::kBytes, "a tokenizer's vocab.json, merges.txt and the like"},
    LimitRow{"tokenizer-added-tokens", 10'000, Unit::kCount,
             "tokens added to a vocabulary: each is looked for at every place of a prompt", 1'000'000},
    LimitRow{"network-size", kMiB, Unit::kCount, "a size in a network's config: channels, heads, layers", kGiB},
    LimitRow{"json-depth", 64, Unit::kCount, "objects and lists in each other in a JSON file", 1000},
    LimitRow{"record-bytes", 256 * kMiB, Unit::kBytes, "the run.json of an output folder"},
    LimitRow{"record-line-bytes", 64 * kMiB, Unit::kBytes, "a line of an items.jsonl"},
    LimitRow{"state-bytes", 16 * kGiB, Unit::kBytes, "a checkpoint of a loop in .state"},
    LimitRow{"plugin-table-bytes", 256 * kMiB, Unit::kBytes, "a table of names in a plugin's file"},
};

/// One of them, by its name; another name does not compile.
class Limit {
 public:
  consteval Limit(const char* name) {
    while (row_ < kLimits.size() && kLimits[row_].name != name) ++row_;
    if (row_ == kLimits.size()) throw std::invalid_argument("no limit of that name");
  }

  std::uint64_t most() const;
  /// "16 MiB (--max graph-bytes=N sets another limit)", for messages: "at most …".
  std::string text() const { return text(most()); }
  std::string text(std::uint64_t most) const;

 private:
  std::size_t row_ = 0;
};

/// "16 MiB", "100000000 bytes", "2000000".
std::string amount_text(std::uint64_t amount, Unit unit);

/// Another value for the limit of that name, for this process, before anything is read: "4096", "64M", "1.5G". K, M and
/// G are 1024-fold in bytes, 1000-fold in counts. Throws std::invalid_argument that says what was expected.
void set_limit(std::string_view name, const std::string& amount);

/// What it is now.
std::uint64_t current(const LimitRow& row);

}  // namespace base
