// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/loop_states.h"
#include "graph/registry.h"
#include "observers/record/files.h"

/// A checkpoint of a loop as bytes: a line that names the format, the length of a JSON header (8 bytes, little endian),
/// the header, the bytes of the arrays that it tells of, and the CRC-32 of all of that.
namespace observers {

/// What a checkpoint is of, by name: only the same may go on from it.
using StateKey = std::vector<std::pair<std::string, std::string>>;

/// A file that the loop wrote, as it was when it was first kept.
struct KeptFile {
  graph::Output output;
  std::uint32_t crc32 = 0;
};

struct StateFile {
  StateKey key;
  graph::KeptLoop loop;  ///< without its files
  std::vector<KeptFile> files;
};

/// Throws std::runtime_error: a value cannot be kept.
std::string write_state(const StateFile& state, const graph::Graph& graph, const graph::Registry& registry);

/// The text may be anybody's. Throws std::runtime_error: it is cut off or damaged, of another format, of another key
/// than `due` (and in what), or a value in it cannot be taken.
StateFile read_state(const std::string& text, const StateKey& due, const graph::Graph& graph,
                     const graph::Registry& registry);

}  // namespace observers
