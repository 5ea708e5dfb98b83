// SPDX-License-Identifier: MIT
#include "observers/record/loop_state_folder.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "base/output_file.h"
#include "base/reading.h"
#include "base/sha1.h"

namespace observers {
namespace {

namespace fs = std::filesystem;

constexpr base::Limit kStateBytes{"state-bytes"};
constexpr const char* kStateEnding = ".state";

std::string number_text(std::int64_t number, int digits) {
  std::string text = std::to_string(number);
  return std::string(static_cast<std::size_t>(std::max(0, digits - static_cast<int>(text.size()))), '0') + text;
}

/// Files of states: not what a crash left half-way.
std::vector<std::string> state_files(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (name.ends_with(kStateEnding)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

bool has_loop_states(const std::string& record) {
  return !state_files((fs::path(record) / kStateFolder).string()).empty();
}

LoopStateFolder::LoopStateFolder(const graph::Plan& plan, const graph::Registry& registry, LoopStateOptions options)
    : plan_(plan),
      registry_(registry),
      options_(std::move(options)),
      states_((fs::path(options_.record) / kStateFolder).string()) {
  for (const std::string& name : state_files(states_)) {
    if (!name.ends_with(ending())) continue;
    if (ending() == kStateEnding && name.find("-of-") != std::string::npos) continue;  // a shard's
    names_.insert(name);
  }
  if (options_.resume) return;
  for (const std::string& name : std::set(names_)) remove(name);
}

std::string LoopStateFolder::ending() const {
  if (options_.shard.count == 1) return kStateEnding;
  return "." + std::to_string(options_.shard.index + 1) + "-of-" + std::to_string(options_.shard.count) + kStateEnding;
}

/// '@' is in no id.
std::string LoopStateFolder::front_of(int loop, std::int64_t first_item) const {
  constexpr std::size_t kLongest = 150;  // of the 255 bytes that a name may have
  const std::string& id = plan_.graph().nodes[loop].id;
  return (id.size() <= kLongest ? id : base::sha1_hex(id)) + "@" + number_text(first_item, 4);
}

std::string LoopStateFolder::name_of(const graph::LoopPlace& place) const {
  std::string name = front_of(place.loop, place.item.index);
  for (const int turn : place.turns) name += ".t" + number_text(turn, 4);
  for (const int element : place.element) name += ".e" + number_text(element, 2);
  return name + ending();
}

StateKey LoopStateFolder::key_of(const graph::LoopPlace& place) const {
  StateKey key = options_.key;
  std::string params;
  for (const graph::Item::Param& param : place.item.params)
    params += (params.empty() ? "" : ", ") + param.name + "=" + graph::to_text(param.value);
  key.emplace_back("set of params", params);
  key.emplace_back("place", name_of(place));
  return key;
}

/// As the file is when it is first kept; it is not written again in this run.
std::uint32_t LoopStateFolder::sum_of(const std::string& name, const graph::Output& file) {
  const std::pair key(file.path, file.bytes);
  {
    const std::lock_guard lock(mutex_);
    const auto& known = sums_[name];
    if (const auto sum = known.find(key); sum != known.end()) return sum->second;
  }
  const std::optional<FileDigest> digest = digest_of((fs::path(options_.folder) / file.path).string());
  if (!digest || digest->bytes != file.bytes)
    throw std::runtime_error("'" + file.path + "', which it wrote, is not as it was written");
  const std::lock_guard lock(mutex_);
  return sums_[name][key] = digest->crc32;
}

void LoopStateFolder::save(const graph::LoopPlace& place, const graph::KeptLoop& state) {
  const std::string name = name_of(place);
  StateFile file{key_of(place), state, {}};
  for (const graph::Output& output : state.files) file.files.push_back({output, sum_of(name, output)});
  const std::string text = write_state(file, plan_.graph(), registry_);
  base::write_output_file(options_.record, (fs::path(kStateFolder) / name).string(), std::as_bytes(std::span(text)));
  const std::lock_guard lock(mutex_);
  names_.insert(name);
}

/// What somebody took away of a curated node stays away, as in the rest of the run.
void LoopStateFolder::check_files(const std::string& name, const std::vector<KeptFile>& files) {
  for (const KeptFile& file : files) {
    const int writer = plan_.graph().find_node(file.output.node);
    const fs::path path = fs::path(options_.folder) / file.output.path;
    std::error_code error;
    if (!is_below(file.output.path)) throw std::runtime_error("it names a file outside of the output folder");
    if (writer >= 0 && plan_.graph().nodes[writer].curated && !fs::exists(fs::symlink_status(path, error))) continue;
    const std::optional<FileDigest> digest = digest_of(path.string());
    if (digest != FileDigest{file.output.bytes, file.crc32})
      throw std::runtime_error("'" + file.output.path + "' is gone, or not as the loop wrote it");
    const std::lock_guard lock(mutex_);
    sums_[name][{file.output.path, file.output.bytes}] = file.crc32;
  }
}

std::optional<graph::KeptLoop> LoopStateFolder::load(const graph::LoopPlace& place) {
  const std::string name = name_of(place);
  {
    const std::lock_guard lock(mutex_);
    if (!names_.contains(name)) return std::nullopt;
  }
  const fs::path path = fs::path(states_) / name;
  try {
    StateFile file = read_state(base::read_file(path, kStateBytes), key_of(place), plan_.graph(), registry_);
    check_files(name, file.files);
    for (const KeptFile& one : file.files) file.loop.files.push_back(one.output);
    return std::move(file.loop);
  } catch (const base::FileError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(path.string() + ": " + e.what());
  }
}

void LoopStateFolder::remove(const std::string& name) {
  std::error_code error;
  fs::remove(fs::path(states_) / name, error);
  if (error)
    throw std::runtime_error("cannot remove '" + (fs::path(states_) / name).string() + "': " + error.message());
  const std::lock_guard lock(mutex_);
  names_.erase(name);
  sums_.erase(name);
  if (names_.empty() && options_.shard.count == 1) fs::remove(states_, error);  // another shard may be at it
}

void LoopStateFolder::drop(const graph::LoopPlace& place) {
  const std::string name = name_of(place);
  {
    const std::lock_guard lock(mutex_);
    if (!names_.contains(name)) return;
  }
  remove(name);
}

void LoopStateFolder::drop_all(int loop, std::int64_t first_item) {
  const std::string front = front_of(loop, first_item) + ".";
  std::vector<std::string> mine;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::copy_if(names_, std::back_inserter(mine), [&](const auto& name) { return name.starts_with(front); });
  }
  for (const std::string& name : mine) remove(name);
}

}  // namespace observers
