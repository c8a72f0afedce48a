#pragma once
// A few threads with a bounded queue, so that work which may wait never stands on the network thread.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace deepcabin::server {

class WorkerPool {
 public:
  WorkerPool(int thread_count, std::size_t queue_max);
  // Finishes what is running, forgets what waits.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is stopping; `work` was not taken then. Work may not throw. Thread-safe.
  bool TryPost(std::function<void()> work);

 private:
  void Run();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace deepcabin::server
