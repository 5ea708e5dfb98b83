// SPDX-License-Identifier: MIT
#include "tensors/operator_profile.h"

#include <ATen/record_function.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tensors/torch.h"

namespace tensors {
namespace {

using ProfileClock = std::chrono::steady_clock;

/// Floating point operations of one call, where it is a product.
double flop_of_product(const at::RecordFunction& call, const std::string& name) {
  const auto& in = call.inputs();
  const auto sizes = [&](std::size_t i) { return in[i].toTensor().sizes(); };
  if (name == "aten::mm") return 2.0 * sizes(0)[0] * sizes(0)[1] * sizes(1)[1];
  if (name == "aten::addmm") return 2.0 * sizes(1)[0] * sizes(1)[1] * sizes(2)[1];
  if (name == "aten::bmm") return 2.0 * sizes(0)[0] * sizes(0)[1] * sizes(0)[2] * sizes(1)[2];
  return 0;
}

/// Convolutions: batch · out · in · kernel² for each pixel of the result, which only the end of the call knows.
double flop_of_convolution(const at::RecordFunction& call) {
  const auto weight = call.inputs()[1].toTensor();
  const auto out = call.outputs().at(0).toTensor();
  return 2.0 * static_cast<double>(out.numel()) * static_cast<double>(weight.numel()) /
         static_cast<double>(weight.size(0));
}

/// libtorch's, and models/networks/winograd.h's.
bool is_convolution(const std::string& name) {
  return name == "aten::convolution" || name == "decoupage::convolution";
}

struct RunningOperator {
  ProfileClock::time_point from;
  double inside = 0;  ///< seconds of the operators that it calls
};

/// Works that this thread is at, the innermost last.
std::vector<int>& works() {
  thread_local std::vector<int> all;
  return all;
}

}  // namespace

/// What all threads note. Each has a record of its own, so that they do not wait for each other.
class OperatorProfile::Records {
 public:
  explicit Records(bool flop) : flop_(flop) {
    current_ = this;
    auto callback = at::RecordFunctionCallback(
        [](const at::RecordFunction& call) -> std::unique_ptr<at::ObserverContext> {
          current_->start(call);
          return nullptr;
        },
        [](const at::RecordFunction& call, at::ObserverContext*) { current_->end(call); });
    handle_ = at::addGlobalCallback(callback.needsInputs(flop).needsOutputs(flop).scopes({at::RecordScope::FUNCTION}));
  }
  ~Records() { at::removeCallback(handle_); }
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  OperatorCosts costs(int work) const {
    OperatorCosts sum;
    for_each([&](const Record& record) {
      const auto found = record.costs.find(work);
      if (found == record.costs.end()) return;
      for (const auto& [name, cost] : found->second) {
        OperatorCost& all = sum[name];
        all.calls += cost.calls;
        all.seconds += cost.seconds;
        all.flop += cost.flop;
      }
    });
    return sum;
  }

  double helpers() const {
    double sum = 0;
    for_each([&](const Record& record) { sum += record.flop_of_helper; });
    return sum;
  }

 private:
  struct Record {
    mutable std::mutex mutex;
    std::map<int, OperatorCosts> costs;  ///< by work
    double flop_of_helper = 0;
    std::vector<RunningOperator> running;  ///< its thread's alone
  };

  void start(const at::RecordFunction& call) {
    const bool helper = works().empty();
    if (helper && !flop_) return;
    Record& record = mine();
    if (flop_) {
      const std::string name = call.name();
      add_flop(record, name, flop_of_product(call, name));
    }
    if (!helper) record.running.push_back({ProfileClock::now()});
  }

  void end(const at::RecordFunction& call) {
    const bool helper = works().empty();
    if (helper && !flop_) return;
    Record& record = mine();
    const std::string name = call.name();
    if (flop_ && is_convolution(name)) add_flop(record, name, flop_of_convolution(call));
    if (helper || record.running.empty()) return;
    const double whole = std::chrono::duration<double>(ProfileClock::now() - record.running.back().from).count();
    {
      const std::lock_guard lock(record.mutex);
      OperatorCost& cost = record.costs[works().back()][name];
      ++cost.calls;
      cost.seconds += whole - record.running.back().inside;
    }
    record.running.pop_back();
    if (!record.running.empty()) record.running.back().inside += whole;
  }

  void add_flop(Record& record, const std::string& name, double flop) {
    if (flop == 0) return;
    const std::lock_guard lock(record.mutex);
    if (works().empty()) record.flop_of_helper += flop;
    else record.costs[works().back()][name].flop += flop;
  }

  /// This thread's record.
  Record& mine() {
    thread_local std::pair<std::uint64_t, Record*> known{0, nullptr};
    if (known.first == number_) return *known.second;
    const std::lock_guard lock(mutex_);
    known = {number_, records_.emplace_back(std::make_unique<Record>()).get()};
    return *known.second;
  }

  template <class F>
  void for_each(F f) const {
    const std::lock_guard lock(mutex_);
    for (const auto& record : records_) {
      const std::lock_guard record_lock(record->mutex);
      f(*record);
    }
  }

  static inline Records* current_ = nullptr;
  static inline std::atomic<std::uint64_t> numbers_{0};
  const std::uint64_t number_ = ++numbers_;  ///< which profile: threads outlive them
  const bool flop_;
  at::CallbackHandle handle_{};
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Record>> records_;
};

OperatorProfile::OperatorProfile(Count count) : records_(std::make_unique<Records>(count == Count::kTimeAndFlop)) {}

OperatorProfile::~OperatorProfile() = default;

void OperatorProfile::enter(int work) {
  works().push_back(work);
}

void OperatorProfile::leave() {
  works().pop_back();
}

OperatorCosts OperatorProfile::costs(int work) const {
  return records_->costs(work);
}

double OperatorProfile::flop_of_helpers() const {
  return records_->helpers();
}

}  // namespace tensors
