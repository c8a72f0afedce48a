#include "server/server_test_support.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <fmt/format.h>
#include <boost/asio/write.hpp>

#include "base/text.h"

namespace deepcabin::server {
namespace {

constexpr char kSmallCar[] = R"(area: test
capabilities:
  - capability: window.position
    signal: Vehicle.Cabin.Door.{row}.{side}.Window.Position
    zones: [row1.left, row1.right, row2.left, row2.right]
    value: {type: uint8, min: 0, max: 100, unit: percent}
    ops: [open, close, set, query]
    names: {zh: [车窗], en: [window]}
    safety: opening
  - capability: vehicle.speed
    signal: Vehicle.Speed
    node: sensor
    value: {type: float, min: -250, max: 250, unit: km/h}
    ops: [query]
    names: {zh: [车速], en: [speed]}
    safety: read_only
  - capability: vehicle.odometer
    signal: Vehicle.TraveledDistance
    node: sensor
    value: {type: uint32, min: 0, max: 1000000, unit: km}
    ops: [query]
    names: {zh: [里程], en: [odometer]}
    safety: read_only
)";

Catalogue SmallCar() {
  auto catalogue = Catalogue::Parse({{"test.yaml", kSmallCar}});
  if (!catalogue) throw std::runtime_error(catalogue.error().message);
  return std::move(*catalogue);
}

}  // namespace

Result<OrderedJson> FakeTurns::Run(const agent::TurnRequest& request) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return gate_open_; });
  --waiting_;
  last = request;
  if (request.text == "explode") throw std::runtime_error("secret internals at /srv/deepcabin");
  if (request.text == "broken") return Internal("secret internals at /srv/deepcabin");
  if (request.text == "crowded") return ResourceExhausted("too many sessions");
  return OrderedJson{{"turn", fmt::format("{}-{}", request.session, ++turns_)},
                     {"lang", "zh"},
                     {"calls", {{{"capability", "window.position"}, {"op", "open"}, {"outcome", "done"}, {"reason", ""}}}},
                     {"escalation", nullptr},
                     {"confidence", 0.98},
                     {"route", "phrasebook"},
                     {"reply", "主驾车窗已经全开"},
                     {"reasoning", ""},
                     {"latency_ms", {{"total", 3.5}}}};
}

OrderedJson FakeTurns::OpenOffer(const std::string& session) {
  if (session != "offering") return nullptr;
  return {{"question", "打开后备箱吗？"}, {"expires_ms", 15000}, {"touch", false}};
}

void FakeTurns::CloseGate() {
  const std::lock_guard lock(mutex_);
  gate_open_ = false;
}

void FakeTurns::OpenGate() {
  const std::lock_guard lock(mutex_);
  gate_open_ = true;
  changed_.notify_all();
}

void FakeTurns::AwaitWaiting(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ >= count; });
}

void FakeAudit::Append(Json record) {
  const std::lock_guard lock(mutex_);
  records_.push_back(std::move(record));
}

std::vector<Json> FakeAudit::Tail(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const std::size_t first = records_.size() > count ? records_.size() - count : 0;
  return {records_.begin() + static_cast<std::ptrdiff_t>(first), records_.end()};
}

Json Answer::json() const {
  auto parsed = ParseJson(body, {.bytes_max = 64u << 20, .depth_max = 32, .nodes_max = 10'000'000});
  EXPECT_TRUE(parsed) << body;
  return parsed ? *parsed : Json();
}

std::string Answer::code() const {
  const Json parsed = json();
  return parsed.is_object() && parsed.contains("error") ? parsed["error"].value("code", "") : "";
}

Client::Client(std::uint16_t port, int receive_buffer_bytes) : socket_(io_) {
  socket_.open(boost::asio::ip::tcp::v4());
  if (receive_buffer_bytes > 0) socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer_bytes));
  socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  const timeval timeout{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

bool Client::Send(std::string_view bytes) {
  boost::system::error_code error;
  boost::asio::write(socket_, boost::asio::buffer(bytes), error);
  return !error;
}

// Plain recv, because Asio would wait past SO_RCVTIMEO.
bool Client::ReadMore() {
  char buffer[16384];
  const ssize_t byte_count = ::recv(socket_.native_handle(), buffer, sizeof(buffer), 0);
  if (byte_count <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(byte_count));
  return true;
}

Answer Client::Receive(bool is_head) {
  std::size_t end = std::string::npos;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return {};
  }
  Answer answer;
  const auto lines = Split(std::string_view(pending_).substr(0, end), '\n');
  answer.status = std::stoi(std::string(lines[0].substr(9, 3)));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    answer.headers[ToLowerAscii(lines[i].substr(0, colon))] = Trim(lines[i].substr(colon + 1));
  }
  pending_.erase(0, end + 4);
  const auto length = answer.headers.find("content-length");
  const std::size_t body_bytes = is_head || length == answer.headers.end() ? 0 : std::stoul(length->second);
  while (pending_.size() < body_bytes && ReadMore()) {
  }
  answer.body = pending_.substr(0, body_bytes);
  pending_.erase(0, body_bytes);
  return answer;
}

std::string Client::NextChunk() {
  std::size_t end = std::string::npos;
  while ((end = pending_.find("\r\n")) == std::string::npos) {
    if (!ReadMore()) return "";
  }
  const std::size_t size = std::stoul(pending_.substr(0, end), nullptr, 16);
  while (pending_.size() < end + 2 + size + 2 && ReadMore()) {
  }
  std::string chunk = pending_.substr(end + 2, size);
  pending_.erase(0, end + 2 + size + 2);
  return chunk;
}

bool Client::IsClosedByServer() {
  char byte = 0;
  return pending_.empty() && ::recv(socket_.native_handle(), &byte, 1, 0) == 0;
}

void Client::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

ServerTest::ServerTest() : catalogue_(SmallCar()), store_(catalogue_, clock_) {}

ServerOptions ServerTest::LoopbackOptions() {
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  return options;
}

Services ServerTest::MakeServices() {
  return {.catalogue = catalogue_,
          .signals = store_,
          .turns = turns_,
          .audit = audit_,
          .clock = clock_,
          .set_sensor =
              [this](SignalId signal, const Value& value) {
                const vehicle::Publication publication{signal, value};
                return store_.Publish({&publication, 1});
              },
          .set_scenario = [this](const std::string& name, std::optional<std::uint64_t>) -> Status {
            if (name != "city" && name != "parked") return NotFound(fmt::format("no scenario \"{}\"", name));
            scenario_ = name;
            return {};
          },
          .scenario =
              [this] {
                return OrderedJson{{"name", scenario_}, {"names", {"city", "parked"}}};
              }};
}

void ServerTest::StartServer(const ServerOptions& options) {
  auto server = Server::Create(options, MakeServices());
  ASSERT_TRUE(server) << server.error().message;
  server_ = std::move(*server);
  thread_ = std::thread([this] { result_ = server_->Run(); });
}

Status ServerTest::StopServer() {
  turns_.OpenGate();
  if (!thread_.joinable()) return {};
  server_->Stop();
  thread_.join();
  server_.reset();
  return result_.value();
}

Answer ServerTest::Get(const std::string& target, const std::string& more_headers) { return Send("GET", target, "", more_headers); }

Answer ServerTest::Send(const std::string& method, const std::string& target, const std::string& body, const std::string& more_headers) {
  Client client(port());
  const std::string host = more_headers.find("Host:") == std::string::npos ? fmt::format("Host: localhost:{}\r\n", port()) : "";
  client.Send(fmt::format("{} {} HTTP/1.1\r\n{}Connection: close\r\nContent-Length: {}\r\n{}\r\n{}", method, target, host, body.size(),
                          more_headers, body));
  return client.Receive(method == "HEAD");
}

}  // namespace deepcabin::server
