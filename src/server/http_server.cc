#include "server/http_server.h"

#include <atomic>
#include <charconv>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/http_types.h"
#include "server/server_core.h"
#include "server/signal_feed.h"

namespace deepcabin::server {
namespace {

using asio::ip::tcp;

Result<tcp::endpoint> ParseListen(const std::string& listen) {
  const Error bad =
      InvalidArgument(fmt::format("--listen {:.80}: wants an IP address and a port, as 127.0.0.1:8080 or [::1]:8080", listen));
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return bad;
  std::string host = listen.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* const end = listen.data() + listen.size();
  const auto [stop, error] = std::from_chars(listen.data() + colon + 1, end, port);
  if (error != std::errc() || stop != end) return bad;
  boost::system::error_code ignored;
  const auto address = asio::ip::make_address(host, ignored);
  if (ignored) return bad;
  return tcp::endpoint(address, port);
}

Status CheckExposure(const tcp::endpoint& endpoint, const ServerOptions& options) {
  if (options.tls_certificate_file.empty() != options.tls_key_file.empty()) {
    return InvalidArgument("--tls-cert and --tls-key go together");
  }
  if (endpoint.address().is_loopback()) return {};
  if (!options.token_file.empty() && !options.tls_key_file.empty()) return {};
  return FailedPrecondition(
      fmt::format("refusing to listen on {}: any address but loopback needs --token-file, --tls-cert and --tls-key", options.listen));
}

Result<std::unique_ptr<asio::ssl::context>> LoadTls(const ServerOptions& options) {
  using asio::ssl::context;
  DC_RETURN_IF_ERROR(CheckSecretFile(options.tls_key_file));
  try {
    auto tls = std::make_unique<context>(context::tls_server);
    tls->set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 | context::no_tlsv1 | context::no_tlsv1_1);
    SSL_CTX_set_options(tls->native_handle(), SSL_OP_NO_RENEGOTIATION);
    boost::system::error_code error;
    tls->use_certificate_chain_file(options.tls_certificate_file.string(), error);
    if (error) return InvalidArgument(fmt::format("{}: not a readable PEM certificate", options.tls_certificate_file.string()));
    tls->use_private_key_file(options.tls_key_file.string(), context::pem, error);
    if (error) return InvalidArgument(fmt::format("{}: not a PEM key of that certificate", options.tls_key_file.string()));
    return tls;
  } catch (const boost::system::system_error& e) {
    return Internal(fmt::format("TLS cannot be set up: {}", e.what()));
  }
}

// Whose connections are counted together: an address, or the /64 that an IPv6 host may choose from.
std::string PeerOf(const asio::ip::address& address) {
  if (!address.is_v6() || address.is_loopback()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::make_address_v6(bytes).to_string();
}

// Tells one client that there is no room, and goes.
class Refusal : public std::enable_shared_from_this<Refusal> {
 public:
  Refusal(PlainStream stream, int status, const Error& error, std::shared_ptr<int> open_count)
      : stream_(std::move(stream)), open_count_(std::move(open_count)) {
    const std::string body = ErrorBody(error);
    text_ = fmt::format(
        "HTTP/1.1 {}\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "Connection: close\r\n\r\n{}",
        status == 429 ? "429 Too Many Requests" : "503 Service Unavailable", body.size(), body);
    ++*open_count_;
  }
  ~Refusal() { --*open_count_; }

  void Start() {
    stream_.expires_after(std::chrono::milliseconds(250));
    asio::async_write(stream_, asio::buffer(text_), [self = shared_from_this()](beast::error_code error, std::size_t) {
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      if (!error) self->Linger();
    });
  }

 private:
  void Linger() {
    stream_.async_read_some(asio::buffer(scratch_), [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->Linger();
    });
  }

  PlainStream stream_;
  const std::shared_ptr<int> open_count_;
  std::string text_;
  std::array<char, 2048> scratch_{};
};

}  // namespace

struct Server::Core {
  Core(const ServerOptions& options, const Services& services)
      : context(options, services, DEEPCABIN_VERSION), acceptor(context.io), accept_pause(context.io), drain_timer(context.io),
        signals(context.io) {}

  Status Listen(const tcp::endpoint& endpoint);
  void Accept();
  void Welcome(tcp::socket socket);
  void Refuse(tcp::socket socket, Connections::Admission admission);
  void BeginStop();

  static constexpr int kRefusalsAtOnceMax = 64;

  SessionContext context;
  std::unique_ptr<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  asio::steady_timer accept_pause, drain_timer;
  asio::signal_set signals;
  std::shared_ptr<int> refusals = std::make_shared<int>(0);
  tcp::endpoint bound;
  bool drained = true;
  std::unique_ptr<SignalFeed> feed;
};

Status Server::Core::Listen(const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  const auto failed = [&] { return Unavailable(fmt::format("cannot listen on {}: {}", context.options.listen, error.message())); };
  if (acceptor.open(endpoint.protocol(), error)) return failed();
  if (acceptor.set_option(asio::socket_base::reuse_address(true), error)) return failed();
  if (acceptor.bind(endpoint, error)) return failed();
  if (acceptor.listen(asio::socket_base::max_listen_connections, error)) return failed();
  bound = acceptor.local_endpoint(error);
  return {};
}

void Server::Core::Accept() {
  acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (!error) Welcome(std::move(socket));
    if (error != asio::error::no_descriptors && error != asio::error::no_memory) return Accept();
    accept_pause.expires_after(std::chrono::milliseconds(100));
    accept_pause.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled && acceptor.is_open()) Accept();
    });
  });
}

void Server::Core::Welcome(tcp::socket socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const auto local = socket.local_endpoint(error);
  socket.set_option(tcp::no_delay(true), error);
  if (context.limits.send_buffer_bytes > 0) {
    socket.set_option(asio::socket_base::send_buffer_size(context.limits.send_buffer_bytes), error);
  }
  std::string peer = PeerOf(remote.address());
  const auto admission = context.connections.Admit(peer, std::chrono::steady_clock::now());
  if (admission != Connections::Admission::kWelcome) return Refuse(std::move(socket), admission);
  PlainStream stream(std::move(socket));
  std::string local_address = local.address().to_string();
  if (tls) BeginSession(TlsStream(std::move(stream), *tls), context, std::move(peer), std::move(local_address));
  else BeginSession(std::move(stream), context, std::move(peer), std::move(local_address));
}

void Server::Core::Refuse(tcp::socket socket, Connections::Admission admission) {
  context.metrics.CountRefusedConnection();
  if (tls || *refusals >= kRefusalsAtOnceMax) return;  // the socket closes
  const bool is_peer = admission == Connections::Admission::kTooManyOfPeer;
  const Error error = is_peer ? ResourceExhausted(fmt::format("you have {} connections open, at most that many are served",
                                                              context.limits.connections_per_peer_max))
                              : Unavailable("all connections are in use; try again in a moment");
  std::make_shared<Refusal>(PlainStream(std::move(socket)), is_peer ? 429 : 503, error, refusals)->Start();
}

void Server::Core::BeginStop() {
  if (context.stopping) return;
  context.stopping = true;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  signals.cancel(ignored);
  accept_pause.cancel();
  context.connections.OnEmpty([this] { context.io.stop(); });
  drain_timer.expires_after(context.limits.drain_timeout);
  drain_timer.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    drained = context.handlers_running == 0;
    context.connections.CloseAllNow();
  });
  context.connections.CloseAllGently();
  if (context.connections.empty()) context.io.stop();
}

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Create(const ServerOptions& options, const Services& services) {
  DC_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseListen(options.listen));
  DC_RETURN_IF_ERROR(CheckExposure(endpoint, options));
  auto core = std::make_unique<Core>(options, services);
  if (!options.token_file.empty()) {
    DC_ASSIGN_OR_RETURN(core->context.token, AccessToken::Load(options.token_file));
  }
  if (!options.client_keys_file.empty()) {
    DC_ASSIGN_OR_RETURN(core->context.clients, ClientKeys::Load(options.client_keys_file, options.limits.chat.quota));
  }
  if (!options.tls_key_file.empty()) {
    DC_ASSIGN_OR_RETURN(core->tls, LoadTls(options));
  }
  DC_RETURN_IF_ERROR(core->Listen(endpoint));
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

std::uint16_t Server::port() const { return core_->bound.port(); }

std::string Server::Url() const {
  const auto address = core_->bound.address();
  const std::string host = address.is_v6() ? fmt::format("[{}]", address.to_string()) : address.to_string();
  return fmt::format("{}://{}:{}", core_->tls ? "https" : "http", host, core_->bound.port());
}

Status Server::Run() {
  DC_ASSIGN_OR_RETURN(core_->feed, SignalFeed::Start(core_->context.api.services.signals, core_->context.hub, core_->context.metrics));
  if (core_->context.options.stop_on_signals) {
    boost::system::error_code ignored;
    core_->signals.add(SIGTERM, ignored);
    core_->signals.add(SIGINT, ignored);
    core_->signals.async_wait([core = core_.get()](boost::system::error_code cancelled, int) {
      if (!cancelled) core->BeginStop();
    });
  }
  core_->Accept();
  for (bool running = true; running;) {
    try {
      core_->context.io.run();
      running = false;
    } catch (const std::exception& e) {  // one handler's trouble; the others go on
      spdlog::error("network handler failed: {}", e.what());
    }
  }
  core_->feed.reset();
  if (!core_->drained) return Error{ErrorCode::kDeadlineExceeded, "requests were still being worked on when the server stopped"};
  return {};
}

void Server::Stop() {
  asio::post(core_->context.io, [core = core_.get()] { core->BeginStop(); });
}

void Server::Publish(const OrderedJson& event) { core_->context.hub.Publish(event); }

}  // namespace deepcabin::server
