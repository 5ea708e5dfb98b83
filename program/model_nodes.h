// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/registry.h"
#include "graph/run.h"
#include "nodes/collage/encode_settings.h"
#include "observers/summary.h"

namespace program {

/// --profile: notes libtorch's operators apart for each node of a run, while it lives. One at a time.
class OperatorWatch : public graph::CallHooks {
 public:
  virtual std::vector<observers::OperatorTime> of_node(int node) const = 0;
};

/// Pictures to latent files, for `decoupage encode`. Used by one thread.
class SourceEncoding {
 public:
  virtual ~SourceEncoding() = default;

  /// The pictures that a file, a folder or a pattern means; `notice` gets what is to be told of others there, or "".
  /// Throws std::runtime_error: there are none.
  virtual std::vector<std::string> pictures(const std::string& path, bool recursive, std::string* notice) const = 0;
  /// Throws std::runtime_error for a file that no bank could use.
  virtual void check_latents(const std::filesystem::path& file) const = 0;
  /// Reads the autoencoder. Throws tensors::FileError.
  virtual void open() = 0;

  struct Encoded {
    int width, height;             ///< of the picture, px
    int cells_wide, cells_high;    ///< of its latents
    std::vector<std::byte> bytes;  ///< the latent file
  };
  /// `source_path` is what the file calls the picture. Throws std::runtime_error that names the picture. REQUIRES:
  /// open().
  virtual Encoded encode(const std::string& picture, const std::string& source_path) const = 0;
};

/// What the module of the model nodes gives (modules/models): everything that computes with libtorch.
class ModelNodes {
 public:
  virtual ~ModelNodes() = default;

  /// Its node types, which share where they compute and the models that are loaded. Thread-safe.
  virtual const graph::Registry& types() const = 0;

  /// As nodes::Services has them, before the first run. Throw std::invalid_argument.
  virtual void set_device(const std::string& text) = 0;
  virtual void set_dtype(const std::string& text) = 0;
  virtual void set_convolutions(const std::string& text) = 0;
  /// What these have set, in words: "cuda:0, fp16, convolutions auto".
  virtual std::string computes_on() const = 0;
  /// As tensors::end_when_pages_are_lost.
  virtual void end_when_pages_are_lost(int exit_code) = 0;

  /// What the lanes of one run carry, as nodes::Lanes. It sets options, and lives as long as the run.
  virtual std::unique_ptr<graph::LaneHooks> lanes(graph::RunOptions& options, const graph::Plan& plan,
                                                  bool deterministic) const = 0;
  virtual std::unique_ptr<OperatorWatch> watch_operators() const = 0;
  /// Whether what was thrown says that memory ran out. Thread-safe.
  virtual bool is_out_of_memory(const std::exception& error) const = 0;
  /// What is wrong with the BLAS here, and the cure; empty when nothing is.
  virtual std::string blas_complaint() const = 0;

  /// The types of values that can be kept in files, each with the endings of such files, the usual one first.
  virtual std::vector<std::pair<std::string, std::vector<std::string>>> kept_types() const = 0;
  /// Adds the types `tap` and `tap-file`, which write what comes to their input `value`: see Taps.
  virtual void add_taps(graph::Registry& registry) const = 0;

  /// Thread-safe. Throws what models::Model throws.
  virtual int side_of(const std::string& model) const = 0;
  /// Where it looks for models and keeps latents, whatever a graph says.
  virtual std::vector<std::filesystem::path> places() const = 0;
  /// `model`: whose autoencoder encodes, unless `vae` names one. Throws std::invalid_argument for the settings.
  virtual std::unique_ptr<SourceEncoding> source_encoding(const std::string& model, const std::string& vae,
                                                          const nodes::EncodeSettings& settings) const = 0;
};

/// The module's entry point, named decoupage_model_nodes; from the first call on the memory of large tensors is kept
/// and used again. `embedded`: the folder of the model that the program brings along. The caller owns what it gives.
/// Modules is who calls it.
using MakeModelNodes = ModelNodes*(const std::filesystem::path& embedded);

}  // namespace program
