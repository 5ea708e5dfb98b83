// SPDX-License-Identifier: MIT
#include "graph/running/ready.h"

#include <algorithm>
#include <bit>

#include "graph/running/frame.h"

namespace graph {
namespace {

Ready pop(std::vector<Ready>& heap) {
  std::pop_heap(heap.begin(), heap.end());
  const Ready best = heap.back();
  heap.pop_back();
  return best;
}

void push_onto(std::vector<Ready>& heap, const Ready& ready) {
  heap.push_back(ready);
  std::push_heap(heap.begin(), heap.end());
}

}  // namespace

bool later_in_item(const Ready& a, const Ready& b) {
  if (a.frame != b.frame && a.frame->element != b.frame->element) return a.frame->element > b.frame->element;
  return a.depth < b.depth;
}

void ReadyQueue::add_node(int node, int batch, int concurrency) {
  if (batch <= 1 && concurrency <= 0) return;
  const base::MutexLock lock(mutex_);
  if (static_cast<int>(special_of_.size()) <= node) special_of_.resize(node + 1, -1);
  special_of_[node] = static_cast<int>(special_.size());
  special_.push_back({node, std::max(batch, 1), concurrency, 0, {}});
}

bool ReadyQueue::is_special(int node) const {
  return node < static_cast<int>(special_of_.size()) && special_of_[node] >= 0;
}

ReadyQueue::Special* ReadyQueue::find(int node) {
  return is_special(node) ? &special_[special_of_[node]] : nullptr;
}

void ReadyQueue::push(const Ready& ready) {
  const base::MutexLock lock(mutex_);
  Special* special = find(ready.node);
  if (!special) return push_onto(plain_, ready);
  if (special->heap.empty()) waiting_.push_back(special);
  push_onto(special->heap, ready);
}

bool ReadyQueue::take(Ready& best, std::vector<Ready>& more) {
  const base::MutexLock lock(mutex_);
  if (held_) return take_alone(best);
  if (device_ && going_ >= limit_) return false;
  Special* chosen = nullptr;
  for (Special* special : waiting_) {
    if (special->concurrency > 0 && special->running >= special->concurrency) continue;
    if (!chosen || chosen->heap.front() < special->heap.front()) chosen = special;
  }
  if (!chosen || (!plain_.empty() && chosen->heap.front() < plain_.front())) {
    if (plain_.empty()) return false;
    best = pop(plain_);
    ++going_;
    return true;
  }
  const int free = std::max(1, limit_ - going_), waiting = static_cast<int>(chosen->heap.size());
  const auto most = static_cast<unsigned>(std::min(chosen->batch, (waiting + free - 1) / free));
  const auto rows = static_cast<int>(device_ ? std::bit_floor(most) : most);  // a device prepares itself for each size
  ++going_;
  ++chosen->running;
  best = pop(chosen->heap);
  while (static_cast<int>(more.size()) + 1 < rows) more.push_back(pop(chosen->heap));
  if (chosen->heap.empty()) std::erase(waiting_, chosen);
  return true;
}

bool ReadyQueue::take_alone(Ready& best) {
  if (!alone_) return false;
  best = *alone_;
  alone_.reset();
  ++going_;
  if (Special* special = find(best.node)) ++special->running;
  return true;
}

bool ReadyQueue::ended(int node) {
  --going_;
  if (!device_ && !is_special(node)) return false;
  const base::MutexLock lock(mutex_);
  Special* special = find(node);
  if (special) --special->running;
  if (device_ && !(plain_.empty() && waiting_.empty())) return true;
  return special && special->concurrency > 0 && !special->heap.empty();
}

bool ReadyQueue::wants_ticket() const {
  if (!device_) return false;  // tickets are as many as packets, and none is in vain
  const base::MutexLock lock(mutex_);
  return !held_ && going_ < limit_ && !(plain_.empty() && waiting_.empty());
}

bool ReadyQueue::empty() const {
  const base::MutexLock lock(mutex_);
  return plain_.empty() && waiting_.empty() && !alone_;
}

int ReadyQueue::halve_batch(int node, int rows) {
  const base::MutexLock lock(mutex_);
  Special* special = find(node);
  if (!special) return 1;
  special->batch = std::min(special->batch, std::max(1, rows / 2));
  return special->batch;
}

void ReadyQueue::hold() {
  const base::MutexLock lock(mutex_);
  held_ = true;
}

void ReadyQueue::push_alone(const Ready& ready) {
  const base::MutexLock lock(mutex_);
  alone_ = ready;
}

bool ReadyQueue::quiet() const {
  const base::MutexLock lock(mutex_);
  return going_ == 0 && !alone_;
}

std::size_t ReadyQueue::release() {
  const base::MutexLock lock(mutex_);
  held_ = false;
  std::size_t waiting = plain_.size();
  for (const Special* special : waiting_) waiting += special->heap.size();
  return waiting;
}

}  // namespace graph
