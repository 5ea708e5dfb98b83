// SPDX-License-Identifier: MIT
#include "models/text/webui_editing.h"

#include <algorithm>
#include <optional>
#include <set>

#include "models/text/tokenizer_pattern.h"

namespace models {
namespace {

/// Texts one behind the other, and between them what depends on the step.
struct Edit;
struct Part {
  std::string text;
  std::vector<Edit> edit;  ///< one or none, in the place of the text
};
using Parts = std::vector<Part>;
struct Edit {
  std::vector<Parts> options;  ///< two, before and behind the step; or those that take turns
  std::string when;            ///< as written; empty: they take turns
};

class EditingReader {
 public:
  explicit EditingReader(std::string_view text) : text_(text) {}

  Parts all() {
    Parts parts;
    while (place_ < text_.size()) {
      if (text_[place_] == '[') {
        const std::size_t begin = place_;
        Parts inner;
        if (bracket(inner)) {
          std::ranges::move(inner, std::back_inserter(parts));
          continue;
        }
        place_ = begin;
        depth_ = 0;
      }
      parts.push_back({std::string(character()), {}});
    }
    return parts;
  }

 private:
  /// With what a backslash escapes.
  std::string_view character() {
    const std::size_t size = text_[place_] == '\\' && place_ + 1 < text_.size() ? 2 : 1;
    place_ += size;
    return text_.substr(place_ - size, size);
  }

  bool take(char c) {
    if (place_ == text_.size() || text_[place_] != c) return false;
    ++place_;
    return true;
  }

  /// Up to a colon, a bar or a closing bracket on this level. False: a bracket in it has no partner.
  bool segment(Parts& parts) {
    while (place_ < text_.size() && std::string_view(":|])").find(text_[place_]) == std::string_view::npos) {
      Parts inner;
      if (text_[place_] == '[') {
        if (!bracket(inner)) return false;
      } else if (text_[place_] == '(') {
        if (!group(inner)) return false;
      } else {
        inner.push_back({std::string(character()), {}});
      }
      std::ranges::move(inner, std::back_inserter(parts));
    }
    return true;
  }

  /// `(a)`, `(a:1.2)`: text, in which there may be brackets.
  bool group(Parts& parts) {
    check_nesting(++depth_);
    take('(');
    parts.push_back({"(", {}});
    if (!segment(parts)) return false;
    if (take(':')) {
      parts.push_back({":", {}});
      if (!segment(parts)) return false;
    }
    parts.push_back({")", {}});
    --depth_;
    return take(')');
  }

  bool bracket(Parts& parts) {
    check_nesting(++depth_);
    take('[');
    std::vector<Parts> segments(1);
    std::vector<std::size_t> begins{place_};
    if (!segment(segments.back())) return false;
    const char separator = place_ < text_.size() ? text_[place_] : ' ';
    while ((separator == ':' || separator == '|') && take(separator)) {
      segments.emplace_back();
      begins.push_back(place_);
      if (!segment(segments.back())) return false;
    }
    const std::string_view last = text_.substr(begins.back(), place_ - begins.back());
    --depth_;
    if (!take(']')) return false;
    return made(std::move(segments), separator, last, parts);
  }

  static bool made(std::vector<Parts> segments, char separator, std::string_view last, Parts& parts) {
    if (separator == '|') {
      parts.push_back({"", {Edit{std::move(segments), ""}}});
      return true;
    }
    if (segments.size() == 1) {
      parts.push_back({"[", {}});
      std::ranges::move(segments.front(), std::back_inserter(parts));
      parts.push_back({"]", {}});
      return true;
    }
    double number = 0;
    const bool is_when = is_number(last, number) && last.find('_') == std::string_view::npos;
    if (!is_when || segments.size() > 3) return false;
    segments.pop_back();
    if (segments.size() == 1) segments.insert(segments.begin(), Parts());
    parts.push_back({"", {Edit{std::move(segments), std::string(without_space(last))}}});
    return true;
  }

  std::string_view text_;
  std::size_t place_ = 0, depth_ = 0;
};

struct Steps {
  std::int64_t count, before;

  /// The last step of what a change goes away from.
  std::int64_t of(const std::string& when) const {
    double value = 0;
    is_number(when, value);
    if (when.find('.') != std::string::npos) value = (value - (before > 0 ? 1 : 0)) * static_cast<double>(count);
    else value -= static_cast<double>(before);
    return static_cast<std::int64_t>(std::clamp(value, -1.0, static_cast<double>(count)));
  }
};

void collect(const Parts& parts, const Steps& steps, std::set<std::int64_t>& ends) {
  for (const Part& part : parts) {
    for (const Edit& edit : part.edit) {
      if (edit.when.empty())
        for (std::int64_t step = 1; step <= steps.count; ++step) ends.insert(step);
      else if (steps.of(edit.when) >= 1) ends.insert(steps.of(edit.when));
      for (const Parts& option : edit.options) collect(option, steps, ends);
    }
  }
}

void write(const Parts& parts, const Steps& steps, std::int64_t step, std::string& text) {
  for (const Part& part : parts) {
    text += part.text;
    for (const Edit& edit : part.edit) {
      const auto turn = static_cast<std::size_t>(step - 1);
      const std::size_t option = edit.when.empty() ? turn % edit.options.size() : step <= steps.of(edit.when) ? 0 : 1;
      write(edit.options[option], steps, step, text);
    }
  }
}

bool has_edit(const Part& part) {
  return !part.edit.empty();
}

}  // namespace

std::vector<EditedPrompt> edited_prompts(std::string_view prompt, std::int64_t steps, std::int64_t steps_before) {
  const Parts parts = EditingReader(prompt).all();
  const Steps all{steps, steps_before};
  std::set<std::int64_t> ends{steps};
  collect(parts, all, ends);
  std::vector<EditedPrompt> prompts;
  for (const std::int64_t end : ends) {
    prompts.push_back({end, ""});
    write(parts, all, end, prompts.back().text);
  }
  return prompts;
}

std::vector<WeightedText> composed_prompts(std::string_view prompt) {
  static const Pattern word(R"(\bAND\b)");
  std::vector<WeightedText> prompts;
  const auto add = [&](std::string_view text) {
    text = without_trailing_space(text);
    const std::size_t colon = text.rfind(':');
    double weight = 1;
    const std::string_view number = colon == std::string_view::npos ? "" : without_space(text.substr(colon + 1));
    const bool has_weight =
        number.find_first_not_of("+-.0123456789") == std::string_view::npos && is_number(number, weight);
    if (has_weight) text = without_trailing_space(text.substr(0, colon));
    prompts.push_back({std::string(text), has_weight ? weight : 1});
  };
  std::size_t begin = 0;
  for (const std::string_view found : word.find_all(prompt)) {
    const auto place = static_cast<std::size_t>(found.data() - prompt.data());
    add(prompt.substr(begin, place - begin));
    begin = place + found.size();
  }
  add(prompt.substr(begin));
  return prompts;
}

bool is_prompt_editing(std::string_view prompt) {
  return std::ranges::any_of(EditingReader(prompt).all(), [](const Part& part) { return has_edit(part); });
}

}  // namespace models
