// Scores a student through the engine: greedy decoding of held-out lines, as it will run in the car.
//   student_eval MODEL.gguf LINES.jsonl [--drafts]
// Lines are {"source": …, "target": …}. Prints one JSON object: exact match, milliseconds per request, steps and drafts.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

#include "base/json.h"
#include "engine/grammar/decoder.h"

namespace deepcabin::engine {
namespace {

// Any token at any place: what the model would write by itself.
class Anything final : public TokenAutomaton {
 public:
  explicit Anything(const Model& model) : mask_((model.config().vocab_size + 63) / 64) {
    for (std::size_t token = 0; token < model.config().vocab_size; ++token) mask_[token / 64] |= 1ULL << token % 64;
  }
  AutomatonState Start() const override { return {}; }
  Choice Next(const AutomatonState&, std::span<std::uint64_t>) const override { return {kNoToken, mask_}; }
  AutomatonState Advance(const AutomatonState& state, TokenId) const override { return state; }

 private:
  std::vector<std::uint64_t> mask_;
};

struct Line {
  std::vector<TokenId> context, target;
};

Result<std::vector<Line>> ReadLines(const std::string& path, const Tokenizer& tokenizer) {
  std::ifstream file(path);
  if (!file) return NotFound(path + ": cannot be opened");
  std::vector<Line> lines;
  for (std::string text; std::getline(file, text);) {
    DC_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
    if (!json.is_object() || !json.contains("source") || !json.contains("target") || !json["source"].is_string() ||
        !json["target"].is_string()) {
      return InvalidArgument(path + ": a line without source and target");
    }
    DC_ASSIGN_OR_RETURN(const std::vector<TokenId> source, tokenizer.Encode(json["source"].get<std::string>()));
    Line line;
    line.context.push_back(tokenizer.bos());
    line.context.insert(line.context.end(), source.begin(), source.end());
    line.context.push_back(tokenizer.separator());
    DC_ASSIGN_OR_RETURN(line.target, tokenizer.EncodeWithSymbols(json["target"].get<std::string>()));
    line.target.push_back(tokenizer.eos());
    lines.push_back(std::move(line));
  }
  if (lines.empty()) return InvalidArgument(path + ": no lines");
  return lines;
}

Result<Json> Evaluate(const std::string& model_path, const std::string& lines_path, bool drafts) {
  DC_ASSIGN_OR_RETURN(const Model model, Model::Load(model_path));
  DC_ASSIGN_OR_RETURN(const std::vector<Line> lines, ReadLines(lines_path, model.tokenizer()));
  DC_ASSIGN_OR_RETURN(const auto session, Session::Create(model, {.context_max = 1024, .drafts = drafts}));
  const Anything anything(model);
  Decoder decoder(*session, anything, {.tokens_max = 200, .drafts = drafts});
  Decoded out;
  std::size_t right = 0;
  std::size_t tokens = 0;
  std::size_t steps = 0;
  std::size_t drafted = 0;
  std::size_t accepted = 0;
  std::vector<double> ms;
  for (const Line& line : lines) {
    const auto start = std::chrono::steady_clock::now();
    session->Truncate(0);
    const bool is_whole = session->SetContext(line.context) && decoder.Decode(out);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    right += is_whole && out.tokens == line.target ? 1 : 0;
    tokens += out.tokens.size();
    steps += out.steps;
    drafted += out.drafted;
    accepted += out.accepted;
  }
  std::sort(ms.begin(), ms.end());
  const auto count = static_cast<double>(lines.size());
  return Json{{"lines", lines.size()},
              {"exact_match", static_cast<double>(right) / count},
              {"tokens", tokens},
              {"steps", steps},
              {"drafted", drafted},
              {"accepted", accepted},
              {"ms_p50", ms[ms.size() / 2]},
              {"ms_p99", ms[ms.size() * 99 / 100]},
              {"kernels", model.kernels().name}};
}

}  // namespace
}  // namespace deepcabin::engine

int main(int argc, char** argv) {
  const bool drafts = argc == 4 && std::string_view(argv[3]) == "--drafts";
  if (argc != 3 && !drafts) {
    std::cerr << "usage: student_eval MODEL.gguf LINES.jsonl [--drafts]\n";
    return 2;
  }
  const auto report = deepcabin::engine::Evaluate(argv[1], argv[2], drafts);
  if (!report) {
    std::cerr << "student_eval: " << report.error().message << "\n";
    return 2;
  }
  std::cout << deepcabin::DumpJson(*report) << "\n";
  return 0;
}
