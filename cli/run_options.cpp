// SPDX-License-Identifier: MIT
#include "cli/run_options.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>

#include "cli/command.h"
#include "graph/plan.h"
#include "observers/record/journal.h"
#include "program/modules.h"

namespace cli {
namespace {

std::optional<int> whole_number(const std::string& text) {
  int value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "auto" or a number: of things that there must be one of at least.
std::string check_lanes(const std::string& text) {
  const std::optional<int> lanes = whole_number(text);
  if (text == "auto" || (lanes && *lanes >= 1 && *lanes <= 4096)) return "";
  return "expected auto or an int in [1, 4096], got '" + text + "'";
}

/// "8G", "1.5g", "500M", "75%"; nothing for any other form, and for 0.
std::optional<std::uint64_t> memory_of(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || end - rest > 1 || !(number > 0)) return std::nullopt;
  double unit = 1;
  switch (rest == end ? ' ' : *rest) {
    case ' ':
      break;
    case 'K':
    case 'k':
      unit = 1 << 10;
      break;
    case 'M':
    case 'm':
      unit = 1 << 20;
      break;
    case 'G':
    case 'g':
      unit = 1 << 30;
      break;
    case '%':
      if (number > 100) return std::nullopt;
      unit = static_cast<double>(graph::usable_memory()) / 100;
      break;
    default:
      return std::nullopt;
  }
  const double bytes = number * unit;
  if (!(bytes >= 1 && bytes < 1e18)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::string check_memory(const std::string& text) {
  if (memory_of(text)) return "";
  return "expected a size such as 8G, 500M or 75% (of what this machine has), got '" + text + "'";
}

/// In GiB, with one decimal.
std::string memory_text(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes * 10) >> 30;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB";
}

}  // namespace

void EngineOptions::add_to(CLI::App& app) {
  // Without the description that a check brings along: it would stand in the help behind the type.
  const auto range = [](auto from, auto to) { return CLI::Range(from, to).description(""); };
  const auto add = [&](const std::string& name, auto& value, const std::string& about, const std::string& type) {
    return app.add_option(name, value, about)->type_name(type)->group("Engine");
  };
  add("--lanes", lanes_,
      "Items in flight at a time (auto, the default: one for each core; on a GPU what its memory holds, 8 at most)",
      "N|auto")
      ->check(CLI::Validator(check_lanes, ""));
  device_.add_to(app, "Engine");
  add("--threads", threads_, "CPU calls at a time (default: as many as cores)", "N")->check(range(1, 4096));
  add("--limit", limits_, "Calls at a time that occupy a resource: gpu=1, io=4", "RESOURCE=N")->allow_extra_args(false);
  add("--max-batch", max_batch_, "Most packets in one call (default: as the nodes allow)", "N")
      ->check(range(1, 1'000'000));
  app.add_flag("--deterministic", deterministic_,
               "The same bits whatever the lanes: one packet in a call, one thread in an operation")
      ->group("Engine");
  add("--memory", memory_,
      "Lower the lanes to stay below, once it is seen what an item needs (default: no limit; here are " +
          memory_text(graph::usable_memory()) + ")",
      "SIZE|PERCENT%")
      ->check(CLI::Validator(check_memory, ""));
  add("--max-failures", max_failures_, "Start no more items after so many have failed (default: no end)", "N")
      ->check(range(1, 1'000'000));
  add("--watchdog", watchdog_, "Fail the run when nothing has moved for so long (default: 10)", "SECONDS")
      ->check(range(0.01, 1e6));
}

void DeviceOptions::add_to(CLI::App& app, const std::string& group) {
  app.add_option("--device", device_, "Where models compute (default: the first GPU, or the CPU)")
      ->type_name("auto|cpu|cuda[:N]")
      ->group(group);
  app.add_option("--dtype", dtype_, "What models compute in (default: the checkpoint's own on a GPU, fp32 on a CPU)")
      ->type_name("auto|fp32|fp16|bf16")
      ->group(group);
  app.add_option("--convolutions", convolutions_,
                 "How 3x3 convolutions are made on a CPU (default: by Winograd's way, where it is the faster one)")
      ->type_name("auto|direct")
      ->group(group);
}

void DeviceOptions::set_up(program::ModelNodes& models) const {
  models.end_when_pages_are_lost(kSomeFailed);
  const auto set = [](const char* option, auto&& setting) {
    try {
      setting();
    } catch (const std::invalid_argument& e) {
      throw program::UsageError(std::string(option) + ": " + e.what());
    }
  };
  set("--device", [&] { models.set_device(device_); });
  set("--dtype", [&] { models.set_dtype(dtype_); });
  set("--convolutions", [&] { models.set_convolutions(convolutions_); });
}

std::unique_ptr<graph::LaneHooks> EngineOptions::set_up(const std::shared_ptr<program::Modules>& modules,
                                                        const graph::Plan& plan, graph::RunOptions& options,
                                                        bool deterministic) const {
  options.out_of_memory = [modules](const std::exception& error) { return modules->is_out_of_memory(error); };
  if (!modules->need_models(plan.graph()) && !device_.given()) {
    program::set_plain_lanes(options, plan, deterministic);
    return nullptr;
  }
  device_.set_up(modules->models());
  return modules->models().lanes(options, plan, deterministic);
}

graph::RunOptions EngineOptions::read() const {
  graph::RunOptions options;
  options.lanes = lanes_ == "auto" ? 0 : *whole_number(lanes_);
  options.threads = threads_;
  options.max_batch = max_batch_;
  options.max_failures = max_failures_;
  if (!memory_.empty()) options.memory = *memory_of(memory_);
  options.stall_after = std::chrono::milliseconds(static_cast<std::int64_t>(watchdog_ * 1000));
  for (const std::string& limit : limits_) {
    const std::size_t equals = limit.find('=');
    const std::optional<int> count =
        equals == std::string::npos || equals == 0 ? std::nullopt : whole_number(limit.substr(equals + 1));
    if (!count || *count < 1)
      throw program::UsageError("--limit: expected RESOURCE=N with N >= 1, got '" + limit + "'");
    options.limits[limit.substr(0, equals)] = *count;
  }
  return options;
}

bool parse_shard(const std::string& text, int& index, int& count) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  const std::optional<int> i = whole_number(text.substr(0, slash)), n = whole_number(text.substr(slash + 1));
  if (!i || !n || *i < 1 || *i > *n) return false;
  index = *i - 1;
  count = *n;
  return true;
}

std::chrono::milliseconds time_limit(const std::string& text) {
  if (text.empty()) return {};
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::map<std::string, double> units{{"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  const auto unit = units.find(std::string(rest, end));
  if (error != std::errc() || unit == units.end() || !(number * unit->second >= 0.001) || number * unit->second > 1e9)
    throw program::UsageError("--for: expected a time such as 90s, 15m, 2h or 1.5d, got '" + text + "'");
  return std::chrono::milliseconds(static_cast<std::int64_t>(number * unit->second * 1000));
}

std::string claim_folder(const std::string& graph_name, FreshFolders& fresh) {
  fresh.expect("outputs");
  try {
    const std::string folder = observers::default_output_dir(graph_name);
    fresh.add(folder);
    return folder;
  } catch (const std::runtime_error& e) {
    throw program::UsageError(e.what());
  }
}

}  // namespace cli
