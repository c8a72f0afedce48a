#include "server/metrics.h"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>

namespace deepcabin::server {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

// A series past the limit is counted under one label, so that no input can grow the map.
void Count(std::map<std::string, std::uint64_t>& series, std::string labels, std::size_t series_max) {
  const auto it = series.find(labels);
  if (it != series.end()) ++it->second;
  else if (series.size() < series_max) series.emplace(std::move(labels), 1);
  else ++series["overflow=\"true\""];
}

void AddFamily(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void AddSeries(std::string& out, std::string_view name, const std::map<std::string, std::uint64_t>& series) {
  for (const auto& [labels, count] : series) out += fmt::format("{}{{{}}} {}\n", name, labels, count);
}

void AddOne(std::string& out, std::string_view name, std::string_view type, std::string_view help, double value) {
  AddFamily(out, name, type, help);
  out += fmt::format("{} {}\n", name, value);
}

std::uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages_total = 0;
  std::uint64_t pages_resident = 0;
  statm >> pages_total >> pages_resident;
  return pages_resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void Metrics::CountRequest(std::string_view method, std::string_view pattern, int status) {
  const std::lock_guard lock(mutex_);
  Count(requests_, fmt::format("method=\"{}\",route=\"{}\",status=\"{}\"", Escape(method), Escape(pattern), status), kSeriesMax);
}

void Metrics::CountTurn(std::string_view route, std::string_view outcome, double total_ms) {
  const std::lock_guard lock(mutex_);
  Count(turns_, fmt::format("route=\"{}\",outcome=\"{}\"", Escape(route), Escape(outcome)), kSeriesMax);
  std::size_t bucket = 0;
  while (bucket < kBucketsMs.size() && total_ms > kBucketsMs[bucket]) ++bucket;
  ++turn_buckets_[bucket];
  turn_sum_ms_ += total_ms;
}

std::string Metrics::Text() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  AddFamily(out, "deepcabin_http_requests_total", "counter", "HTTP requests by route and status.");
  AddSeries(out, "deepcabin_http_requests_total", requests_);
  AddFamily(out, "deepcabin_turns_total", "counter", "Turns by the stage that understood them and by what came of them.");
  AddSeries(out, "deepcabin_turns_total", turns_);
  AddFamily(out, "deepcabin_turn_seconds", "histogram", "Time of a turn, from its text to its reply.");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBucketsMs.size(); ++i) {
    below += turn_buckets_[i];
    out += fmt::format("deepcabin_turn_seconds_bucket{{le=\"{}\"}} {}\n", kBucketsMs[i] / 1000, below);
  }
  below += turn_buckets_.back();
  out += fmt::format("deepcabin_turn_seconds_bucket{{le=\"+Inf\"}} {0}\ndeepcabin_turn_seconds_sum {1}\ndeepcabin_turn_seconds_count {0}\n",
                     below, turn_sum_ms_ / 1000);
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  AddOne(out, "deepcabin_connections", "gauge", "Open connections.", connections_);
  AddOne(out, "deepcabin_connections_refused_total", "counter", "Connections refused for a limit.", number(refused_connections_));
  AddOne(out, "deepcabin_websocket_clients", "gauge", "Listeners of /v1/events.", websocket_clients_);
  AddOne(out, "deepcabin_signal_updates_total", "counter", "Signal updates taken from the car.", number(signal_updates_));
  AddOne(out, "deepcabin_signal_updates_lost_total", "counter", "Updates replaced by newer ones before the server took them.",
         number(lost_updates_));
  AddOne(out, "deepcabin_signal_updates_merged_total", "counter", "Updates replaced by newer ones in the queue of a slow client.",
         number(merged_updates_));
  AddOne(out, "process_resident_memory_bytes", "gauge", "Resident memory.", number(ResidentBytes()));
  return out;
}

}  // namespace deepcabin::server
