#include "server/chat_clients.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/yaml.h"

namespace deepcabin::server {
namespace {

constexpr std::int64_t kMinuteSeconds = 60, kDaySeconds = 86'400;
constexpr std::int64_t kQuotaMax = 1'000'000'000'000;

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= 32 && name != kOwner &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::int64_t* QuotaField(ClientQuota& quota, const std::string& name) {
  if (name == "requests_per_minute") return &quota.requests_per_minute;
  if (name == "requests_per_day") return &quota.requests_per_day;
  if (name == "tokens_per_minute") return &quota.tokens_per_minute;
  if (name == "tokens_per_day") return &quota.tokens_per_day;
  return nullptr;
}

// One field of a client; the reason why not, which never holds a key.
std::string ReadField(const std::string& name, const YAML::Node& value, ClientKey& client, bool& has_key) {
  if (!value.IsScalar()) return fmt::format("`{:.40}` is no plain value", name);
  if (name == "name") {
    client.name = value.Scalar();
    return IsName(client.name) ? "" : "a client's name is 1..32 of a-z, 0-9, -, and not `owner`";
  }
  if (name == "key") {
    auto key = AccessToken::FromText(value.Scalar());
    if (!key) return key.error().message;
    client.key = std::move(*key);
    has_key = true;
    return "";
  }
  std::int64_t* const number = QuotaField(client.quota, name);
  if (number == nullptr) return fmt::format("unknown key `{:.40}`", name);
  const auto read = YAML::convert<std::int64_t>::decode(value, *number);
  return read && *number >= 0 && *number <= kQuotaMax ? "" : fmt::format("`{}` is a whole number in 0..{}", name, kQuotaMax);
}

}  // namespace

Result<ClientKeys> ClientKeys::Load(const std::filesystem::path& file, const ClientQuota& standard) {
  DC_RETURN_IF_ERROR(CheckSecretFile(file));
  std::ifstream in(file, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kFileBytesMax) return InvalidArgument(fmt::format("{}: more than {} bytes", file.string(), kFileBytesMax));
  return Parse(text, file.string(), standard);
}

Result<ClientKeys> ClientKeys::Parse(const std::string& text, const std::string& file, const ClientQuota& standard) {
  ClientKeys result;
  int line = 1;
  const auto bad = [&](std::string_view reason) { return InvalidArgument(fmt::format("{}:{}: {}", file, line, reason)); };
  try {
    DC_ASSIGN_OR_RETURN(const auto documents, ParseYaml({{file, text}}));
    const YAML::Node& root = documents.at(file);
    if (!root.IsMap() || root.size() != 1 || !root["clients"] || !root["clients"].IsSequence())
      return bad("`clients:` and a list is wanted");
    for (const YAML::Node& node : root["clients"]) {
      line = node.Mark().line + 1;
      if (result.keys_.size() >= kClientsMax) return bad(fmt::format("more than {} clients", kClientsMax));
      if (!node.IsMap()) return bad("a client has a name and a key");
      ClientKey client{.name = {}, .key = {}, .quota = standard};
      bool has_key = false;
      for (const auto& field : node) {
        line = field.first.Mark().line + 1;
        const std::string reason = ReadField(field.first.as<std::string>(""), field.second, client, has_key);
        if (!reason.empty()) return bad(reason);
      }
      if (client.name.empty() || !has_key) return bad("a client has a name and a key");
      if (result.Named(client.name) != nullptr) return bad(fmt::format("client `{}` stands here twice", client.name));
      result.keys_.push_back(std::move(client));
    }
  } catch (const YAML::Exception& e) {
    return bad(e.msg);
  }
  return result;
}

const ClientKey* ClientKeys::Find(std::string_view presented) const {
  const auto it = std::find_if(keys_.begin(), keys_.end(), [&](const ClientKey& client) { return client.key.Matches(presented); });
  return it == keys_.end() ? nullptr : &*it;
}

const ClientKey* ClientKeys::Named(std::string_view name) const {
  const auto it = std::find_if(keys_.begin(), keys_.end(), [&](const ClientKey& client) { return client.name == name; });
  return it == keys_.end() ? nullptr : &*it;
}

QuotaBook::Account& QuotaBook::Now(const std::string& client) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.WallTime().time_since_epoch()).count();
  Account& account = accounts_[client];
  if (account.minute.number != seconds / kMinuteSeconds) account.minute = {seconds / kMinuteSeconds, 0, 0};
  if (account.day.number != seconds / kDaySeconds) account.day = {seconds / kDaySeconds, 0, 0};
  return account;
}

std::optional<QuotaBook::Excess> QuotaBook::Enter(const std::string& client, const ClientQuota& quota, std::int64_t tokens) {
  const std::lock_guard lock(mutex_);
  Account& account = Now(client);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.WallTime().time_since_epoch()).count();
  struct Rule {
    const Window& window;
    std::int64_t requests_max, tokens_max, period;
    std::string_view name;
  };
  const Rule rules[] = {{account.day, quota.requests_per_day, quota.tokens_per_day, kDaySeconds, "day (UTC)"},
                        {account.minute, quota.requests_per_minute, quota.tokens_per_minute, kMinuteSeconds, "minute"}};
  for (const Rule& rule : rules) {
    const std::chrono::seconds left(rule.period - seconds % rule.period);
    if (rule.window.requests >= rule.requests_max) {
      return Excess{fmt::format("{} has made its {} requests of this {}", client, rule.requests_max, rule.name), left};
    }
    if (rule.window.tokens + tokens > rule.tokens_max) {
      return Excess{fmt::format("{} has used {} of its {} tokens of this {}, and this request holds about {}", client, rule.window.tokens,
                                rule.tokens_max, rule.name, tokens),
                    left};
    }
  }
  for (Window* window : {&account.minute, &account.day}) {
    ++window->requests;
    window->tokens += tokens;
  }
  return std::nullopt;
}

void QuotaBook::Settle(const std::string& client, std::int64_t tokens, std::int64_t used) {
  const std::lock_guard lock(mutex_);
  Account& account = Now(client);
  for (Window* window : {&account.minute, &account.day}) window->tokens = std::max<std::int64_t>(0, window->tokens + used - tokens);
}

OrderedJson QuotaBook::ToJson() const {
  const std::lock_guard lock(mutex_);
  OrderedJson json = OrderedJson::object();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.WallTime().time_since_epoch()).count();
  for (const auto& [client, account] : accounts_) {
    const bool today = account.day.number == seconds / kDaySeconds;
    json[client] = {{"requests_today", today ? account.day.requests : 0}, {"tokens_today", today ? account.day.tokens : 0}};
  }
  return json;
}

}  // namespace deepcabin::server
