// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// Faults on order, for tests of what becomes of a run when something goes wrong. The environment variable
/// DECOUPAGE_FAULTS says what fails, where and when; docs/reliability.md has its form. It is read once; without it, a
/// place where something may fail costs the test of a bool.
///
/// Headers only, so that all libraries of a process count the same calls.
namespace base::injection {

inline constexpr const char* kVariable = "DECOUPAGE_FAULTS";

/// What can go wrong without the system's help.
enum class Kind { kThrow, kMemory, kExit, kKill, kStop };

inline constexpr std::array<std::pair<std::string_view, Kind>, 5> kKinds{{{"throw", Kind::kThrow},
                                                                          {"memory", Kind::kMemory},
                                                                          {"exit", Kind::kExit},
                                                                          {"kill", Kind::kKill},
                                                                          {"stop", Kind::kStop}}};

/// What the system can say of a file.
inline constexpr std::array<std::pair<std::string_view, int>, 8> kErrors{{{"EIO", EIO},
                                                                          {"ENOSPC", ENOSPC},
                                                                          {"EDQUOT", EDQUOT},
                                                                          {"EACCES", EACCES},
                                                                          {"EROFS", EROFS},
                                                                          {"ENOENT", ENOENT},
                                                                          {"EMFILE", EMFILE},
                                                                          {"ENOMEM", ENOMEM}}};

/// Where things may fail: what is done to a file, whose path is the place, or a call of a node, whose id is.
inline constexpr std::array<std::string_view, 6> kPoints{"read", "write", "sync", "rename", "map", "call"};

/// What a process that ends by Kind::kExit says.
inline constexpr int kExitCode = 3;

/// Throws `text`, throws std::bad_alloc, ends the process as a library that gives up does, or as kill -9 does, or
/// stops it until it gets a SIGCONT.
inline void happen(Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::kThrow:
      throw std::runtime_error(text);
    case Kind::kMemory:
      throw std::bad_alloc();
    case Kind::kExit:
      std::_Exit(kExitCode);
    case Kind::kKill:
      raise(SIGKILL);
      break;
    case Kind::kStop:
      raise(SIGSTOP);
      break;
  }
}

/// One fault on order: POINT[@PLACE][:FIRST[+|/EVERY]]=KIND or …=ERROR.
class Order {
 public:
  /// Throws std::invalid_argument that says what is wrong with the text.
  explicit Order(std::string_view text) : text_(text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) refuse("it has no =");
    read_what(text.substr(equals + 1));
    std::string_view where = text.substr(0, equals);
    if (const std::size_t colon = where.rfind(':'); colon != std::string_view::npos) {
      read_when(where.substr(colon + 1));
      where = where.substr(0, colon);
    }
    const std::size_t at = where.find('@');
    point_ = where.substr(0, at);
    if (at != std::string_view::npos) place_ = where.substr(at + 1);
    if (std::find(kPoints.begin(), kPoints.end(), point_) == kPoints.end()) refuse("no point '" + point_ + "'");
    const bool throws = kind_ == Kind::kThrow || kind_ == Kind::kMemory;
    if (is_call() ? !kind_ : throws) refuse("that is not a fault of " + std::string(is_call() ? "a call" : "a file"));
  }

  /// Counts what fits. Whether the fault is due.
  bool meets(std::string_view point, std::string_view place) {
    if (point != point_) return false;
    if (is_call() ? !place_.empty() && place != place_ : place.find(place_) == place.npos) return false;
    const long number = ++met_;
    return number >= first_ && (every_ == 0 ? number == first_ : (number - first_) % every_ == 0);
  }

  /// The error that the operation is to end with; or it does not return, or, of a process that was stopped, 0.
  int strike() const {
    if (!kind_) return error_;
    happen(*kind_, "a fault on order (" + std::string(kVariable) + ": " + text_ + ")");
    return 0;
  }

 private:
  bool is_call() const { return point_ == "call"; }

  void read_what(std::string_view what) {
    for (const auto& [name, kind] : kKinds) {
      if (name == what) kind_ = kind;
    }
    for (const auto& [name, error] : kErrors) {
      if (name == what) error_ = error;
    }
    if (!kind_ && error_ == 0) refuse("no fault '" + std::string(what) + "'");
  }

  void read_when(std::string_view when) {
    const char* const end = when.data() + when.size();
    auto [rest, error] = std::from_chars(when.data(), end, first_);
    if (error == std::errc() && rest != end && *rest == '+') {
      every_ = 1;
      ++rest;
    } else if (error == std::errc() && rest != end && *rest == '/') {
      auto [last, wrong] = std::from_chars(rest + 1, end, every_);
      rest = last;
      error = wrong;
      if (every_ < 1) refuse("'" + std::string(when) + "' is not the number of a call");
    }
    if (error != std::errc() || rest != end || first_ < 1)
      refuse("'" + std::string(when) + "' is not the number of a call");
  }

  [[noreturn]] void refuse(const std::string& why) const {
    const auto names = [](const auto& table) {
      std::string all;
      for (const auto& entry : table) {
        if constexpr (requires { entry.first; }) all += (all.empty() ? "" : " ") + std::string(entry.first);
        else all += (all.empty() ? "" : " ") + std::string(entry);
      }
      return all;
    };
    throw std::invalid_argument(std::string(kVariable) + ": '" + text_ + "': " + why +
                                "; expected POINT[@PLACE][:FIRST[+|/EVERY]]=FAULT with a POINT of " + names(kPoints) +
                                " and a FAULT of " + names(kKinds) + " or, of files, " + names(kErrors));
  }

  std::string text_, point_, place_;
  std::optional<Kind> kind_;
  int error_ = 0;
  long first_ = 1, every_ = 0;  ///< every_ 0: the first alone
  std::atomic<long> met_ = 0;
};

/// What the environment orders. Throws std::invalid_argument: it is not an order.
inline std::deque<Order>& orders() {
  static std::deque<Order> all = [] {
    std::deque<Order> orders;
    const char* const variable = std::getenv(kVariable);
    std::string_view left = variable == nullptr ? "" : variable;
    while (!left.empty()) {
      const std::size_t comma = left.find(',');
      orders.emplace_back(left.substr(0, comma));
      left = comma == std::string_view::npos ? "" : left.substr(comma + 1);
    }
    return orders;
  }();
  return all;
}

inline const bool kOrdered = std::getenv(kVariable) != nullptr;

/// To be asked where something may fail. 0, or the errno that the operation is to end with; or it does not return.
inline int strike(std::string_view point, std::string_view place) {
  if (!kOrdered) return 0;
  const Order* due = nullptr;
  for (Order& order : orders()) {
    if (order.meets(point, place) && due == nullptr) due = &order;  // the others count it all the same
  }
  return due == nullptr ? 0 : due->strike();
}

/// An operation of the system that returns 0 or sets errno. 0, or the errno: its own, or the one on order.
template <class Operation>
int attempt(std::string_view point, std::string_view place, Operation operation) {
  if (const int error = strike(point, place)) return error;
  return operation() == 0 ? 0 : errno;
}

}  // namespace base::injection
