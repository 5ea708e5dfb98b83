// SPDX-License-Identifier: MIT
#include "models/text/tokenizer_pattern.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace models {
namespace {

// A search takes a step or so per character; these hold for texts of many megabytes and end one that runs away.
constexpr std::uint32_t kMatchSteps = 100'000'000;
constexpr std::uint32_t kHeapKilobytes = 64 * 1024;

std::string message(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

/// What one search writes to: never shared between threads.
class Search {
 public:
  explicit Search(const pcre2_code* code)
      : context_(pcre2_match_context_create(nullptr), pcre2_match_context_free),
        data_(pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free) {
    if (!context_ || !data_) throw std::bad_alloc();
    pcre2_set_match_limit(context_.get(), kMatchSteps);
    pcre2_set_heap_limit(context_.get(), kHeapKilobytes);
  }

  /// The first match at or after `from`, empty with no data() where there is none.
  std::string_view next(const pcre2_code* code, std::string_view text, std::size_t from) {
    const int found = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                                  PCRE2_NO_UTF_CHECK, data_.get(), context_.get());
    if (found == PCRE2_ERROR_NOMATCH) return {};
    if (found < 0) throw std::runtime_error("splitting a text into words gave up: " + message(found));
    const PCRE2_SIZE* place = pcre2_get_ovector_pointer(data_.get());
    return text.substr(place[0], place[1] - place[0]);
  }

 private:
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context_;
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data_;
};

}  // namespace

struct Pattern::Code {
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> compiled{nullptr, pcre2_code_free};
};

Pattern::Pattern(std::string_view pattern, Case letters) {
  int error = 0;
  PCRE2_SIZE place = 0;
  const std::uint32_t options = PCRE2_UTF | PCRE2_UCP | (letters == Case::kIgnored ? PCRE2_CASELESS : 0);
  auto code = std::make_shared<Code>();
  code->compiled.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &place, nullptr));
  if (!code->compiled)
    throw std::logic_error("the pattern '" + std::string(pattern) + "' is wrong or needs a newer PCRE2 (10.40): " +
                           message(error) + " at character " + std::to_string(place));
  pcre2_jit_compile(code->compiled.get(), PCRE2_JIT_COMPLETE);  // where it cannot, searches are slower and the same
  code_ = std::move(code);
}

bool Pattern::is_in(std::string_view text) const {
  return Search(code_->compiled.get()).next(code_->compiled.get(), text, 0).data() != nullptr;
}

std::vector<std::string_view> Pattern::find_all(std::string_view text) const {
  const pcre2_code* code = code_->compiled.get();
  Search search(code);
  std::vector<std::string_view> all;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::string_view match = search.next(code, text, from);
    if (match.data() == nullptr) break;
    if (!match.empty()) all.push_back(match);
    from = static_cast<std::size_t>(match.data() - text.data()) + std::max<std::size_t>(match.size(), 1);
  }
  return all;
}

}  // namespace models
