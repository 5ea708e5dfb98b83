// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace tensors {

/// All calls of one of libtorch's operators, without those of the operators that it calls itself.
struct OperatorCost {
  std::int64_t calls = 0;
  double seconds = 0;  ///< of the threads that call; operators spread their work over other threads inside
  double flop = 0;     ///< of products and convolutions, of all threads; 0 unless counted
};
/// By name, "aten::convolution".
using OperatorCosts = std::map<std::string, OperatorCost>;

/// Notes what libtorch's operators do while it lives, apart for each piece of work that threads say they are at. On a
/// device that works by itself, an operator's time is that of handing it the work.
///
/// One at a time, made and dropped while no operator is running. The methods are thread-safe. When there is none,
/// operators cost what they cost without it.
class OperatorProfile {
 public:
  enum class Count {
    kTime,         ///< calls and seconds
    kTimeAndFlop,  ///< operations, too: a look at every operator's inputs
  };
  explicit OperatorProfile(Count count = Count::kTime);
  ~OperatorProfile();
  OperatorProfile(const OperatorProfile&) = delete;
  OperatorProfile& operator=(const OperatorProfile&) = delete;

  /// From now on the operators of this thread belong to `work`, until leave(). Works may lie in each other: then an
  /// operator belongs to the innermost. `work` ≥ 0.
  static void enter(int work);
  static void leave();

  /// What belongs to a work so far.
  OperatorCosts costs(int work) const;
  /// Operations that threads which had entered no work did: operators' helpers. Their time is in the operator that
  /// they help.
  double flop_of_helpers() const;

 private:
  class Records;
  std::unique_ptr<Records> records_;
};

}  // namespace tensors
