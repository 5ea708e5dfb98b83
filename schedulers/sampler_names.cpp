// SPDX-License-Identifier: MIT
#include "schedulers/sampler_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "base/names.h"
#include "schedulers/registry.h"

namespace schedulers {
namespace {

/// "dpmpp2m" for "DPM++ 2M", "dpmpp_2m" and "dpmpp-2m".
std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c == '+') letters += 'p';
    else if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

using Pair = std::pair<std::string_view, std::string_view>;

/// What others call those that are built, by its letters. Names that have the letters of the scheduler's own, or of
/// webui's name for it, need no line.
constexpr std::array<Pair, 4> kAlso{
    {{"unipcbh1", "unipc"}, {"unipcbh2", "unipc"}, {"dpmpp2msdegpu", "dpmpp-2m-sde"}, {"dpmsolverpp", "dpmpp-2m"}}};

/// Samplers that are not built, by their letters.
constexpr std::array<std::string_view, 21> kUnbuilt{
    "dpmpp2msdeheun", "dpmpp2sancestral", "dpmpp2sa",    "dpmpp3msde", "dpmppsde", "dpm2ancestral", "dpm2a",
    "dpm2",           "dpmfast",          "dpmadaptive", "dpmsolver",  "restart",  "ddpm",          "heunpp2",
    "ddimcfgpp",      "eulercfgpp",       "euleracfgpp", "ipndmv",     "ipndm",    "deis",          "resmultistep"};

/// Ways to space noise levels that web UIs write behind a sampler, by their letters, and what to write for them; the
/// first can be said in the name, too.
constexpr std::array<Pair, 10> kSpacings{{{"karras", "karras: true"},
                                          {"sgmuniform", "spacing: trailing"},
                                          {"uniform", "spacing: leading"},
                                          {"ddimuniform", "spacing: leading"},
                                          {"exponential", ""},
                                          {"polyexponential", ""},
                                          {"simple", ""},
                                          {"beta", ""},
                                          {"aligyoursteps", ""},
                                          {"kloptimal", ""}}};

/// The scheduler whose name has these letters, or nullptr.
const Scheduler* built(std::string_view letters) {
  for (const Scheduler& scheduler : schedulers()) {
    if (letters_of(scheduler.name) == letters || letters_of(scheduler.webui_name) == letters) return &scheduler;
  }
  const auto* const also = std::ranges::find(kAlso, letters, &Pair::first);
  if (also == kAlso.end()) return nullptr;
  return &*std::ranges::find(schedulers(), also->second, &Scheduler::name);
}

/// The letters of a sampler, and of how the noise levels are spaced behind it.
struct Split {
  std::string_view sampler;
  const Pair* spacing = nullptr;  ///< none: not said
};

/// All the ways to read a name, the plain one first. "dpmpp_2m_k" is karras, too.
std::vector<Split> splits_of(std::string_view letters) {
  std::vector<Split> splits{{letters}};
  for (const std::string_view before : {"sample", "kdiffusion", "k"}) {
    if (letters.starts_with(before)) splits.push_back({letters.substr(before.size())});
  }
  const std::vector<Split> plain = splits;
  for (const Split& split : plain) {
    for (const Pair& spacing : kSpacings) {
      for (const std::string_view end : {spacing.first, spacing.first.substr(0, 1)}) {
        if (split.sampler.ends_with(end) && (end == spacing.first || &spacing == kSpacings.data()))
          splits.push_back({split.sampler.substr(0, split.sampler.size() - end.size()), &spacing});
      }
    }
  }
  return splits;
}

SamplerName named(const std::string& text, const Scheduler& scheduler, const Pair* spacing) {
  if (spacing == nullptr) return {scheduler.name, {}};
  if (spacing == kSpacings.data()) return {scheduler.name, true};
  const std::string cure = spacing->second.empty() ? ", and karras: true for Karras' noise levels (these are not built)"
                                                   : ", and " + std::string(spacing->second);
  throw std::invalid_argument("'" + text + "' says two things: write scheduler: " + scheduler.name + cure);
}

}  // namespace

std::optional<SamplerName> sampler_named(const std::string& text) {
  const std::string letters = letters_of(text);
  const std::vector<Split> splits = splits_of(letters);
  for (const Split& split : splits) {
    if (const Scheduler* scheduler = built(split.sampler)) return named(text, *scheduler, split.spacing);
  }
  if (std::ranges::none_of(splits, [](const Split& split) { return std::ranges::count(kUnbuilt, split.sampler) > 0; }))
    return std::nullopt;
  throw std::invalid_argument("the sampler '" + text + "' is not built; there are " + base::listed(scheduler_names()));
}

}  // namespace schedulers
