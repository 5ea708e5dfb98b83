// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

/// Which networks are in memory. Nodes know networks by name (Network) and lease them for a call. A network that is
/// leased stays; one that nobody leases stays until a budget needs its room, the least recently used first.
namespace nodes {

class Residency;

/// A network that may be in memory or not.
class Resident {
 public:
  struct Source {
    std::function<std::int64_t()> bytes;                ///< that load() will take; called once
    std::function<std::shared_ptr<const void>()> load;  ///< may be called again when the network has left
  };
  Resident(std::shared_ptr<Residency> residency, Source source);
  ~Resident();
  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;

  Residency& residency() const { return *residency_; }

 private:
  friend class Residency;
  friend class Leases;

  const std::shared_ptr<Residency> residency_;
  const Source source_;
  std::once_flag measured_;
  std::int64_t bytes_ = 0;
  // Under the residency's mutex; a network that is leased does not change.
  std::shared_ptr<const void> network_;
  bool loading_ = false;
  int leases_ = 0;
  std::uint64_t last_used_ = 0;
};

/// A network by name. Cheap to copy; empty until Services gives one.
template <class N>
class Network {
 public:
  Network() = default;
  explicit Network(std::shared_ptr<Resident> resident) : resident_(std::move(resident)) {}
  const std::shared_ptr<Resident>& resident() const { return resident_; }

 private:
  std::shared_ptr<Resident> resident_;
};

/// Networks that stay in memory while it lives.
class Leases {
 public:
  Leases(Leases&&) noexcept = default;
  Leases& operator=(Leases&&) = delete;
  ~Leases();

  /// REQUIRES: it is one of those that were leased.
  template <class N>
  const N& operator[](const Network<N>& network) const {
    return *static_cast<const N*>(network.resident()->network_.get());
  }

 private:
  friend class Residency;
  explicit Leases(std::vector<std::shared_ptr<Resident>> held) : held_(std::move(held)) {}

  std::vector<std::shared_ptr<Resident>> held_;
};

/// The networks of one Services, and what they may take. Thread-safe.
class Residency {
 public:
  struct Counts {
    std::int64_t bytes = 0;       ///< of parameters that are in memory or on their way there
    std::int64_t most_bytes = 0;  ///< so far
    std::int64_t loads = 0;       ///< so far
  };

  /// Bytes that the parameters of all networks may take together; none (the default): no limit, and nothing leaves. A
  /// call that needs more than the budget by itself is let through when no other holds anything.
  void set_budget(std::optional<std::int64_t> bytes);
  Counts counts() const;

  /// What the function lease() below does.
  Leases lease(std::vector<std::shared_ptr<Resident>> wanted);

 private:
  friend class Resident;
  friend class Leases;
  bool fits(const std::vector<std::shared_ptr<Resident>>& wanted) const;
  void drop_idle();
  void load(Resident& resident);
  void give_back(const std::vector<std::shared_ptr<Resident>>& held);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Resident*> residents_;  ///< all there are, in memory or not
  std::deque<std::uint64_t> waiting_;
  std::optional<std::int64_t> budget_;
  Counts counts_;
  std::uint64_t clock_ = 0;
};

/// Networks of one Services for a call. Waits until there is room for all of them, first come, first served; reads
/// those that are not in memory, each once, however many calls ask for it. Throws what reading throws, and then holds
/// none.
///
/// A call takes all its networks at once: a thread that holds leases takes no further ones, so calls never wait for
/// each other in a circle.
template <class... N>
Leases lease(const Network<N>&... networks) {
  std::vector<std::shared_ptr<Resident>> wanted{networks.resident()...};
  Residency& residency = wanted.front()->residency();
  return residency.lease(std::move(wanted));
}

}  // namespace nodes
