#include "llm/models_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"

namespace deepcabin::llm {
namespace {

constexpr std::size_t kKeyBytesMax = 4096;
constexpr std::size_t kTextMax = 512;  // of a url, a model's name, a path
constexpr double kContextTokensMax = 100'000'000;
constexpr double kTimeoutMsMax = 3'600'000;
constexpr double kMemoryMibMax = 16'777'216;

// DeepSeek by its key alone. The price is that of the vendor's peak hours: the meter may count too much, never too little.
constexpr std::string_view kBuiltIn = R"(models:
  - name: deepseek
    dialect: deepseek
    url: https://api.deepseek.com
    model: deepseek-flash
    key: env:DEEPSEEK_API_KEY
    price: {cached: 0.006, input: 0.30, output: 1.20}
    context: 1000000
    outbound: redacted
    budget_per_day: 2
)";

// Thrown inside this file only, caught in ParseModels.
struct Broken {
  std::string message;
};

// One part of a url, "" where it has none.
std::string UrlPart(const std::string& url, CURLUPart part) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "";
  if (curl_url_get(parsed.get(), part, &text, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

std::optional<Task> TaskNamed(std::string_view name) {
  for (const Task task : {Task::kQuestion, Task::kCreative, Task::kTools, Task::kPlanning, Task::kSummary}) {
    if (TaskName(task) == name) return task;
  }
  return std::nullopt;
}

Result<std::string> ReadKeyFile(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return NotFound(fmt::format("no key file {:.200}", path));
  if ((info.st_mode & 0077) != 0) {
    return InvalidArgument(fmt::format("key file {:.200} has mode {:04o}: others may read it; chmod 0600", path, info.st_mode & 07777));
  }
  if (static_cast<std::size_t>(info.st_size) > kKeyBytesMax) return InvalidArgument(fmt::format("key file over {} bytes", kKeyBytesMax));
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  return std::string(Trim(text));
}

class Reader {
 public:
  Reader(std::string file, const Environment& environment, const std::set<std::string>& dialects)
      : file_(std::move(file)), environment_(environment), dialects_(dialects) {}

  Models Read(const YAML::Node& root) {
    AllowKeys(root, {"models", "routing", "currency"});
    if (root["currency"]) out_.currency = Text(root["currency"]);
    if (root["models"]) {
      if (!root["models"].IsSequence()) Fail(root["models"], "`models` is a list");
      for (const YAML::Node& node : root["models"]) ReadEndpoint(node);
    }
    if (root["routing"]) ReadRouting(root["routing"]);
    return std::move(out_);
  }

 private:
  [[noreturn]] void Fail(const YAML::Node& node, const std::string& reason) const {
    throw Broken{fmt::format("{}:{}: {}", file_, node.Mark().line + 1, reason)};
  }
  void AllowKeys(const YAML::Node& node, const std::set<std::string>& keys) const {
    if (!node.IsMap()) Fail(node, "keys and values are expected here");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = Text(entry.first);
      if (!keys.contains(key)) Fail(entry.first, fmt::format("unknown key `{:.40}`", key));
      if (!seen.insert(key).second) Fail(entry.first, fmt::format("`{}` stands here twice", key));
    }
  }
  std::string Text(const YAML::Node& node) const {
    if (!node.IsScalar() || node.Scalar().empty()) Fail(node, "a text is expected here");
    if (node.Scalar().size() > kTextMax) Fail(node, fmt::format("a text of {} bytes, at most {}", node.Scalar().size(), kTextMax));
    if (std::any_of(node.Scalar().begin(), node.Scalar().end(), [](unsigned char c) { return c < 0x20; })) {
      Fail(node, "a control character in a text");
    }
    return node.Scalar();
  }
  double Number(const YAML::Node& node, double min, double max) const {
    double value = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, value) || !std::isfinite(value)) Fail(node, "a number is expected here");
    if (value < min || value > max) Fail(node, fmt::format("{} lies outside {} to {}", value, min, max));
    return value;
  }
  bool Flag(const YAML::Node& node) const {
    if (Text(node) != "true" && Text(node) != "false") Fail(node, "true or false is expected here");
    return Text(node) == "true";
  }
  Task TaskAt(const YAML::Node& node) const {
    const auto task = TaskNamed(Text(node));
    if (!task) Fail(node, fmt::format("no task `{:.40}`: question, creative, tools, planning, summary", Text(node)));
    return *task;
  }

  void ReadEndpoint(const YAML::Node& node) {
    AllowKeys(node, {"name", "dialect", "url", "model", "key", "price", "context", "good_at", "outbound", "budget_per_day", "timeouts_ms",
                     "ca_file", "insecure", "gguf", "memory_mib"});
    for (const char* key : {"name", "dialect"}) {
      if (!node[key]) Fail(node, fmt::format("`{}` is missing", key));
    }
    if (out_.endpoints.size() >= kEndpointsMax) Fail(node, fmt::format("more than {} endpoints", kEndpointsMax));
    Endpoint e;
    e.name = Text(node["name"]);
    const bool good_name = e.name.size() <= 32 && e.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    if (!good_name) Fail(node["name"], fmt::format("bad name \"{:.40}\": up to 32 of a-z, 0-9 and -", e.name));
    if (out_.Find(e.name) != nullptr) Fail(node["name"], fmt::format("the name `{}` stands here twice", e.name));
    e.dialect = Text(node["dialect"]);
    if (!dialects_.empty() && !dialects_.contains(e.dialect)) Fail(node["dialect"], fmt::format("no dialect `{:.40}`", e.dialect));
    ReadAddress(node, e);
    TakeKey(node["key"], e);
    ReadLimits(node, e);
    out_.endpoints.push_back(std::move(e));
  }

  void ReadAddress(const YAML::Node& node, Endpoint& e) {
    if (!node["url"] == !node["gguf"]) Fail(node, fmt::format("`{}` needs either `url` or `gguf`", e.name));
    if (node["url"]) {
      if (!node["model"]) Fail(node, "`model` is missing");
      e.url = Text(node["url"]);
      const std::string fault = UrlFault(e.url, node["insecure"] && Flag(node["insecure"]));
      if (!fault.empty()) Fail(node["url"], fmt::format("the url of `{}` {}", e.name, fault));
      while (e.url.ends_with('/')) e.url.pop_back();
    } else {
      LocalModel local{.endpoint = e.name, .gguf = Text(node["gguf"])};
      if (node["memory_mib"]) local.memory_mib = static_cast<std::int64_t>(Number(node["memory_mib"], 64, kMemoryMibMax));
      out_.locals.push_back(std::move(local));
    }
    e.model = node["model"] ? Text(node["model"]) : e.name;
  }

  void TakeKey(const YAML::Node& node, Endpoint& e) {
    if (!node) return;
    const std::string source = Text(node);
    auto key = ReadKey(source, environment_);
    if (!key) Fail(node, key.error().message);
    e.key = *std::move(key);
    if (e.key.empty()) out_.off[e.name] = source.starts_with("env:") ? source.substr(4) + " is not set" : "its key file is empty";
  }

  void ReadLimits(const YAML::Node& node, Endpoint& e) {
    if (const YAML::Node price = node["price"]) {
      AllowKeys(price, {"cached", "input", "output"});
      if (price["input"]) e.price.input = Number(price["input"], 0, 1e6);
      if (price["output"]) e.price.output = Number(price["output"], 0, 1e6);
      e.price.cached = price["cached"] ? Number(price["cached"], 0, 1e6) : e.price.input;
    }
    if (node["context"]) e.context_tokens = static_cast<int>(Number(node["context"], 512, kContextTokensMax));
    for (const YAML::Node& task : node["good_at"]) e.good_at.push_back(TaskAt(task));
    if (node["outbound"]) {
      const std::string word = Text(node["outbound"]);
      if (word == OutboundName(Outbound::kNothing)) e.outbound = Outbound::kNothing;
      else if (word == OutboundName(Outbound::kRedacted)) e.outbound = Outbound::kRedacted;
      else if (word == OutboundName(Outbound::kFull)) e.outbound = Outbound::kFull;
      else Fail(node["outbound"], fmt::format("`{:.40}`: nothing, redacted or full", word));
    }
    if (node["budget_per_day"]) e.budget_per_day = Number(node["budget_per_day"], 0, 1e9);
    if (node["ca_file"]) e.ca_file = Text(node["ca_file"]);
    if (const YAML::Node timeouts = node["timeouts_ms"]) {
      AllowKeys(timeouts, {"connect", "first_token", "idle", "total"});
      const auto read = [&](const char* key, std::chrono::milliseconds& value) {
        if (timeouts[key]) value = std::chrono::milliseconds(static_cast<std::int64_t>(Number(timeouts[key], 1, kTimeoutMsMax)));
      };
      read("connect", e.connect_timeout);
      read("first_token", e.first_token_timeout);
      read("idle", e.idle_timeout);
      read("total", e.total_timeout);
    }
  }

  void ReadRouting(const YAML::Node& node) {
    AllowKeys(node, {"question", "creative", "tools", "planning", "summary"});
    for (const auto& entry : node) {
      RoutingRule rule{.places = {}, .weighted = entry.second.IsMap()};
      const auto add = [&](const YAML::Node& name, double weight) {
        if (out_.Find(Text(name)) == nullptr) Fail(name, fmt::format("no endpoint `{:.40}`", Text(name)));
        for (const auto& place : rule.places) {
          if (place.first == Text(name)) Fail(name, fmt::format("`{}` stands here twice", Text(name)));
        }
        rule.places.emplace_back(Text(name), weight);
      };
      if (rule.weighted) {
        for (const auto& share : entry.second) add(share.first, Number(share.second, 0.001, 1'000));
      } else if (entry.second.IsSequence()) {
        for (const YAML::Node& name : entry.second) add(name, 1);
      } else {
        Fail(entry.second, "a list of endpoints in order, or weights, is expected here");
      }
      out_.routing[TaskAt(entry.first)] = std::move(rule);
    }
  }

  const std::string file_;
  const Environment& environment_;
  const std::set<std::string>& dialects_;
  Models out_;
};

// A name for an endpoint from that of a file: "DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf" → "deepseek-r1-distill-qwen-1-5b".
std::string NameFrom(const std::filesystem::path& gguf, const Models& models) {
  std::string name;
  for (const char c : ToLowerAscii(gguf.stem().string())) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) name += c;
    else if (!name.empty() && name.back() != '-') name += '-';
  }
  name = name.substr(0, 29);
  while (name.ends_with('-')) name.pop_back();
  if (name.empty()) name = "local";
  std::string unused = name;
  for (int i = 2; models.Find(unused) != nullptr; ++i) unused = fmt::format("{}-{}", name, i);
  return unused;
}

}  // namespace

std::string UrlFault(const std::string& url, bool insecure) {
  const std::string scheme = UrlPart(url, CURLUPART_SCHEME);
  if (UrlPart(url, CURLUPART_HOST).empty()) return "is no url";
  if (scheme != "https" && scheme != "http") return "is neither https nor http";
  if (!UrlPart(url, CURLUPART_USER).empty()) return "carries a user name: the key stands under `key`";
  if (!UrlPart(url, CURLUPART_QUERY).empty() || !UrlPart(url, CURLUPART_FRAGMENT).empty()) return "has a query or a fragment";
  if (scheme == "http" && !insecure && !OnThisMachine(url)) return "is http to another machine: use https, or say `insecure: true`";
  return "";
}

Result<std::string> ReadKey(const std::string& source, const Environment& environment) {
  std::string key;
  if (source.starts_with("env:")) {
    key = Trim(environment(source.substr(4)));
  } else if (source.starts_with("file:")) {
    DC_ASSIGN_OR_RETURN(key, ReadKeyFile(source.substr(5)));
  } else {
    return InvalidArgument("a key comes from env:NAME or file:PATH; it does not stand here itself");  // and not in the message
  }
  const bool odd = key.size() > kKeyBytesMax || std::any_of(key.begin(), key.end(), [](unsigned char c) { return c <= 0x20; });
  if (odd) return InvalidArgument("the key holds a space or a line break, or is too long");
  return key;
}

Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return NotFound(fmt::format("cannot read {}", path.string()));
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max) return ResourceExhausted(fmt::format("{} is larger than {} bytes", path.string(), bytes_max));
  return text;
}

const Endpoint* Models::Find(std::string_view name) const {
  const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) { return e.name == name; });
  return found == endpoints.end() ? nullptr : &*found;
}

std::string SystemEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

bool OnThisMachine(const std::string& url) {
  const std::string host = UrlPart(url, CURLUPART_HOST);
  if (host == "localhost" || host == "[::1]") return true;
  // Four numbers, for "127.evil.example" is a name like any other.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

std::filesystem::path ModelsPath(const Environment& environment) {
  const std::string given = environment("DEEPCABIN_MODELS");
  if (!given.empty()) return given;
  return std::filesystem::path(environment("HOME")) / ".config/deepcabin/models.yaml";
}

Result<Models> ParseModels(const std::string& text, const std::string& file, const Environment& environment,
                           const std::set<std::string>& dialects) {
  DC_ASSIGN_OR_RETURN(auto documents, ParseYaml({{file, text}}));
  const YAML::Node root = documents.begin()->second;
  if (root.IsNull()) return Models{};
  try {
    return Reader(file, environment, dialects).Read(root);
  } catch (const Broken& e) {
    return InvalidArgument(e.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, e.mark.line + 1, e.msg));
  }
}

Result<Models> LoadModels(const std::filesystem::path& path, const Environment& environment, const std::set<std::string>& dialects) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (environment("DEEPSEEK_API_KEY").empty()) return Models{};
    return ParseModels(std::string(kBuiltIn), "built-in", environment, dialects);
  }
  DC_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kModelsFileBytesMax));
  return ParseModels(text, path.string(), environment, dialects);
}

Result<std::string> AddLocalModel(const std::filesystem::path& path, const std::filesystem::path& gguf, const Environment& environment) {
  std::ifstream in(gguf, std::ios::binary);
  std::string magic(4, '\0');
  if (!in) return NotFound(fmt::format("cannot read {}", gguf.string()));
  if (!in.read(magic.data(), 4) || magic != "GGUF") return InvalidArgument(fmt::format("{} is no GGUF file", gguf.string()));
  std::error_code ignored;
  std::string text(environment("DEEPSEEK_API_KEY").empty() ? "" : kBuiltIn);
  if (std::filesystem::exists(path, ignored)) {
    DC_ASSIGN_OR_RETURN(text, ReadFile(path, kModelsFileBytesMax));
  }
  DC_ASSIGN_OR_RETURN(const Models before, ParseModels(text, path.string(), environment));
  DC_ASSIGN_OR_RETURN(auto documents, ParseYaml({{"models", text}}));
  const YAML::Node root = documents.begin()->second;
  const bool has_list = root.IsMap() && root["models"] && root["models"].size() > 0;
  if (root.IsMap() && root["models"] && !has_list) return InvalidArgument(path.string() + ": `models:` is empty; remove that line first");
  if (has_list && root["models"].Style() == YAML::EmitterStyle::Flow) return InvalidArgument(path.string() + ": write `models` as lines");

  // The entry goes in front of the first one of the list, indented like it; every other byte of the file stays.
  const std::string name = NameFrom(gguf, before);
  const std::string indent(has_list ? root["models"].Mark().column : 2, ' ');
  YAML::Emitter quoted;
  quoted << YAML::DoubleQuoted << std::filesystem::absolute(gguf).string();
  const std::string entry =
      fmt::format("{0}- name: {1}\n{0}  dialect: llama-server\n{0}  gguf: {2}\n{0}  context: 8192\n{0}  outbound: full\n", indent, name,
                  quoted.c_str());
  std::size_t at = 0;
  for (int line = 0; has_list && line < root["models"].Mark().line; ++line) at = text.find('\n', at) + 1;
  if (!has_list && !text.empty() && text.back() != '\n') text += '\n';
  text.insert(has_list ? at : text.size(), has_list ? entry : "models:\n" + entry);
  DC_ASSIGN_OR_RETURN([[maybe_unused]] const Models after, ParseModels(text, path.string(), environment));

  std::filesystem::create_directories(path.parent_path(), ignored);
  const std::filesystem::path written = path.string() + ".new";
  std::ofstream out(written, std::ios::binary);
  out << text;
  out.close();
  if (!out) return Internal(fmt::format("cannot write {}", written.string()));
  std::filesystem::permissions(written, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  std::error_code failed;
  std::filesystem::rename(written, path, failed);
  if (failed) return Internal(fmt::format("cannot write {}: {}", path.string(), failed.message()));
  return name;
}

}  // namespace deepcabin::llm
