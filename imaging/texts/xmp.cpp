// SPDX-License-Identifier: MIT
#include "imaging/texts/xmp.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/utf8.h"

namespace imaging {
namespace {

constexpr std::string_view kNamespace = "urn:decoupage:text";
constexpr std::size_t kMostName = 79;  // as a PNG's keyword
constexpr std::pair<std::string_view, char> kEntities[] = {
    {"&amp;", '&'},  {"&lt;", '<'},   {"&gt;", '>'},   {"&quot;", '"'}, {"&apos;", '\''}, {"&#xD;", '\r'},
    {"&#13;", '\r'}, {"&#xA;", '\n'}, {"&#10;", '\n'}, {"&#x9;", '\t'}, {"&#9;", '\t'}};

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !text.empty() && letter(text[0]) && std::ranges::all_of(text, inner);
}

std::string escaped(const PngText& text) {
  std::string out;
  for (std::string_view rest = text.text; !rest.empty();) {
    const std::size_t length = base::utf8_length(rest);
    const char c = rest[0];
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    if (length == 0 || control) throw std::invalid_argument("the text '" + text.keyword + "' is not one for XML");
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '\r') out += "&#xD;";  // which XML would make a line end of
    else out += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('&'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto* known = std::ranges::find_if(kEntities, [&](const auto& one) { return text.starts_with(one.first); });
    const bool entity = known != std::end(kEntities);
    out += entity ? known->second : text[0];
    text.remove_prefix(entity ? known->first.size() : 1);
  }
  return out;
}

/// The prefix that a packet gives the namespace; "" when it names it nowhere.
std::string prefix_in(std::string_view packet) {
  static constexpr std::string_view kBinding = "xmlns:";
  for (std::size_t at = packet.find(kBinding); at != packet.npos; at = packet.find(kBinding, at + 1)) {
    const std::string_view rest = packet.substr(at + kBinding.size(), kMostName + 2 + kNamespace.size() + 1);
    const std::size_t equals = rest.find('=');
    if (equals == rest.npos || !is_name(rest.substr(0, equals)) || equals + 1 >= rest.size()) continue;
    const std::string_view value = rest.substr(equals + 2);
    const char quote = rest[equals + 1];
    if ((quote == '"' || quote == '\'') && value.starts_with(kNamespace) && value.size() > kNamespace.size() &&
        value[kNamespace.size()] == quote)
      return std::string(rest.substr(0, equals));
  }
  return "";
}

}  // namespace

std::string xmp_with_texts(const std::vector<PngText>& texts) {
  std::string packet =
      "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\" xmlns:decoupage=\"" +
      std::string(kNamespace) + "\">";
  for (const PngText& text : texts) {
    if (!is_name(text.keyword) || text.keyword.size() > kMostName)
      throw std::invalid_argument("'" + text.keyword + "' is not a name for XML");
    const std::string tag = "decoupage:" + text.keyword + ">";
    packet += "<" + tag + escaped(text) + "</" + tag;
  }
  return packet + "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>";
}

std::vector<PngText> parse_xmp(std::string_view packet) {
  std::vector<PngText> texts;
  const std::string prefix = prefix_in(packet);
  if (prefix.empty()) return texts;
  const std::string begins = prefix + ":";
  for (std::size_t at = packet.find(begins); at != packet.npos; at = packet.find(begins, at)) {
    const char before = at > 0 ? packet[at - 1] : ' ';
    at += begins.size();
    const std::size_t length = packet.substr(at, kMostName + 1).find_first_of(" \t\r\n=/>");
    if (length == packet.npos) continue;
    const std::size_t end = at + length;
    const std::string keyword(packet.substr(at, length));
    const bool element = before == '<' && packet[end] == '>';
    const char quote = packet[end] == '=' && end + 1 < packet.size() ? packet[end + 1] : ' ';
    if (!is_name(keyword) || (!element && quote != '"' && quote != '\'')) continue;
    const std::size_t from = element ? end + 1 : end + 2;
    const std::string closing = element ? "</" + begins + keyword + ">" : std::string(1, quote);
    const std::size_t to = packet.find(closing, from);
    if (to == packet.npos) break;
    texts.push_back({keyword, unescaped(packet.substr(from, to - from))});
    at = to + closing.size();
  }
  return texts;
}

}  // namespace imaging
