// SPDX-License-Identifier: MIT
#pragma once

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/loading/yaml.h"

/// From yaml-cpp's events to a YamlDocument: for yaml.cpp alone.
namespace graph {

/// A stream over a text that is not copied. yaml-cpp keeps the tokens of a whole value in brackets before it sends the
/// first event, at a hundred bytes and more each; so the stream ends when no event has come for `read_ahead` bytes.
class TextBuffer final : public std::streambuf {
 public:
  TextBuffer(std::string_view text, std::size_t read_ahead) : text_(text), read_ahead_(read_ahead) {}

  void note_event() { event_ = read_; }
  bool stopped() const { return stopped_; }

 protected:
  int_type underflow() override;

 private:
  std::string_view text_;
  std::size_t read_ahead_;
  std::size_t read_ = 0, event_ = 0;
  bool stopped_ = false;
};

/// Where in a text, between `from` and `to`, a comment stands in the place of a value, as in "palette: #ff0000": its
/// hash is followed by no space, and nothing is before it but an indicator (of a key's value, of an element). npos:
/// nowhere. `last`: the last such place, else the first.
std::size_t find_taken_value(std::string_view text, std::size_t from, std::size_t to, bool last = false);
/// What such a comment says, to the end of its line.
std::string_view taken_value(std::string_view text, std::size_t at);

/// Ends the parse: nothing after it would be worth reading.
struct StopParsing {
  YAML::Mark mark;
  std::string what;
};

/// Builds the tree. Throws StopParsing out of its events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(YamlDocument& document, std::string_view text, const LoadLimits& limits, FaultList& faults);

  TextBuffer& buffer() { return buffer_; }
  /// Counts from 1, and columns in characters where yaml-cpp counts bytes.
  Mark mark_of(const YAML::Mark& mark);
  /// Where the last value started.
  Mark last_event() { return mark_of(last_event_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override;
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  /// A list or map whose end has not come.
  struct Open {
    YamlNode* node;
    YAML::Mark mark;
    const YamlNode* key = nullptr;                                 ///< of a map: waits for its value
    std::unordered_map<std::string_view, const YamlNode*> keys{};  ///< of a map with many entries
  };

  YamlNode& make(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void start(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void end();
  void place_in_parent(const YamlNode& node, const YAML::Mark& mark);
  void check_key(const YamlNode& key, const YAML::Mark& mark);
  void add_entry(Open& map, const YamlNode& value);
  void refuse_tag(const YAML::Mark& mark, const std::string& tag);
  void count(std::size_t weight, const YAML::Mark& mark);
  void check_depth(std::size_t depth, const YAML::Mark& mark) const;

  YamlDocument& document_;
  std::string_view text_;
  const LoadLimits& limits_;
  FaultList& faults_;
  TextBuffer buffer_;
  YAML::Mark last_event_;
  std::optional<YAML::Mark> last_scalar_;
  bool ascii_;
  YAML::Mark counted_;  ///< the last place whose characters were counted …
  int characters_ = 0;  ///< … and how many stand before it in its line
  int documents_ = 0;
  std::size_t count_ = 0;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, const YamlNode*> anchors_;
};

}  // namespace graph
