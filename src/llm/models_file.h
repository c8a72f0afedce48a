#pragma once
// models.yaml: which endpoints there are, what each is good for, what it costs, what may be sent to it, and who is asked first for what.
// models/models.example.yaml shows every key. Names of models are configuration: vendors rename them every few months.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "llm/endpoint.h"

namespace deepcabin::llm {

inline constexpr std::size_t kEndpointsMax = 64;
inline constexpr std::size_t kModelsFileBytesMax = 256 * 1024;

// A model that a llama-server of our own serves (local_server.h). Its endpoint has no url until that server runs.
struct LocalModel {
  std::string endpoint{};
  std::filesystem::path gguf{};
  std::int64_t memory_mib = 0;  // of address space; 0 = local_server.h chooses
};

// Who is asked for a task: a list in order of preference, or shares of the requests.
struct RoutingRule {
  std::vector<std::pair<std::string, double>> places{};  // endpoint, weight
  bool weighted = false;
};

struct Models {
  std::vector<Endpoint> endpoints{};
  std::map<std::string, std::string, std::less<>> off{};  // endpoint that cannot be used → why, e.g. "DEEPSEEK_API_KEY is not set"
  std::vector<LocalModel> locals{};
  std::map<Task, RoutingRule> routing{};
  std::string currency = "USD";

  const Endpoint* Find(std::string_view name) const;
};

// The value of a variable of the environment, "" where there is none.
using Environment = std::function<std::string(const std::string& name)>;
std::string SystemEnvironment(const std::string& name);

// Whether a url leads to this machine itself: no network is needed for it, and nobody listens in.
bool OnThisMachine(const std::string& url);

// The reason why `url` may not be asked, "" where there is none: it must be https, or http to this machine, and carry no key.
std::string UrlFault(const std::string& url, bool insecure);
// A key from "env:NAME" or "file:PATH" (mode 0600); "" where the variable is not set or the file is empty.
Result<std::string> ReadKey(const std::string& source, const Environment& environment);
// kNotFound; kResourceExhausted: more than `bytes_max`.
Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t bytes_max);

// $DEEPCABIN_MODELS, else ~/.config/deepcabin/models.yaml.
std::filesystem::path ModelsPath(const Environment& environment);

// `dialects`: the names that may stand at `dialect`; empty = any. kInvalidArgument "file:line: reason": unknown key, bad value, bad url,
// a name twice, a key file that others may read.
Result<Models> ParseModels(const std::string& text, const std::string& file, const Environment& environment,
                           const std::set<std::string>& dialects = {});

// The file; without one, DeepSeek if DEEPSEEK_API_KEY is set, else no endpoint at all, which is no error.
Result<Models> LoadModels(const std::filesystem::path& path, const Environment& environment, const std::set<std::string>& dialects = {});

// Writes an endpoint for a GGUF file into models.yaml (made if missing, with what was built in before) and returns the endpoint's name.
// Comments stay. kNotFound: no such file. kInvalidArgument: it is no GGUF, or models.yaml is broken.
Result<std::string> AddLocalModel(const std::filesystem::path& path, const std::filesystem::path& gguf, const Environment& environment);

}  // namespace deepcabin::llm
