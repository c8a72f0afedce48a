#include "understanding/student.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/grammar/decoder.h"
#include "understanding/frame_automaton.h"
#include "understanding/place.h"

namespace deepcabin::understanding {
namespace {

constexpr std::size_t kContextMax = 320;     // tokens: what was known, what was said, what it means
constexpr std::size_t kTokensMax = 64;       // of a frame
constexpr std::size_t kCharactersMax = 160;  // of what is said
constexpr std::string_view kCatalogueKey = "deepcabin.catalogue";

Status CheckCatalogue(const engine::Model& model, const Catalogue& catalogue, const std::filesystem::path& file) {
  const auto trained_for = model.metadata().String(kCatalogueKey);
  const std::string wanted = fmt::format("{}", catalogue.fingerprint());
  if (trained_for && *trained_for == wanted) return {};
  return FailedPrecondition(
      fmt::format("{} was trained for catalogue {:.24}, this car has {}; train it anew (docs/student.md) or remove it", file.string(),
                  trained_for ? *trained_for : "unknown", wanted));
}

// `copied`, a stretch of the normalised text, as it was spoken.
std::string AsSpoken(const std::string& copied, const std::string& source, const Normalised& text) {
  const std::size_t byte = source.find(copied);
  if (copied.empty() || byte == std::string::npos) return copied;
  const std::size_t begin = DecodeUtf8(std::string_view(source).substr(0, byte)).size();
  return text.Original(begin, begin + DecodeUtf8(copied).size());
}

}  // namespace

struct Student::State {
  State(engine::Model m, FrameLanguage l) : model(std::move(m)), language(std::move(l)) {}

  const engine::Model model;
  const FrameLanguage language;
  std::optional<FrameAutomaton> automaton;
  std::mutex mutex;  // of the session
  std::unique_ptr<engine::Session> session;
};

Student::Student(std::unique_ptr<State> state) : state_(std::move(state)) {}
Student::Student(Student&&) noexcept = default;
Student& Student::operator=(Student&&) noexcept = default;
Student::~Student() = default;

Result<Student> Student::Load(const std::filesystem::path& file, const Catalogue& catalogue, const Grammar& grammar) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return NotFound(fmt::format("no weights at {}", file.string()));
  DC_ASSIGN_OR_RETURN(auto model, engine::Model::Load(file));
  DC_RETURN_IF_ERROR(CheckCatalogue(model, catalogue, file));
  auto state = std::make_unique<State>(std::move(model), FrameLanguage(catalogue, grammar.conditions()));
  DC_ASSIGN_OR_RETURN(auto automaton, FrameAutomaton::Compile(state->language, state->model.tokenizer()));
  state->automaton.emplace(std::move(automaton));
  const std::size_t context = std::min(kContextMax, state->model.config().context_length);
  DC_ASSIGN_OR_RETURN(state->session, engine::Session::Create(state->model, {.context_max = context}));
  return Student(std::move(state));
}

Result<Student::Written> Student::Write(std::string_view introduction, std::string_view said) const {
  const engine::Tokenizer& tokenizer = state_->model.tokenizer();
  std::vector<engine::TokenId> tokens{tokenizer.bos()};
  DC_ASSIGN_OR_RETURN(const auto known, tokenizer.EncodeWithSymbols(introduction));
  DC_ASSIGN_OR_RETURN(const auto words, tokenizer.Encode(said));
  tokens.insert(tokens.end(), known.begin(), known.end());
  tokens.insert(tokens.end(), words.begin(), words.end());
  tokens.push_back(tokenizer.separator());
  const FrameSentence sentence(*state_->automaton, said);
  engine::Decoded out;
  {
    const std::lock_guard lock(state_->mutex);
    DC_RETURN_IF_ERROR(state_->session->SetContext(tokens));
    engine::Decoder decoder(*state_->session, sentence, {.tokens_max = kTokensMax, .drafts = false, .unmasked = true});
    DC_RETURN_IF_ERROR(decoder.Decode(out));
  }
  double log_probability = 0;
  for (const float choice : out.unmasked_probabilities) log_probability += choice;
  const double first = out.unmasked_probabilities.empty() ? 0 : std::exp(static_cast<double>(out.unmasked_probabilities.front()));
  return Written{state_->automaton->PartsOf(out.tokens), std::exp(log_probability), first};
}

Result<Understood> Student::Understand(const Normalised& text, const Context& context, double* first) const {
  if (text.text.empty()) return InvalidArgument("nothing was said");
  if (text.text.size() > kCharactersMax)
    return ResourceExhausted(fmt::format("{} characters, at most {}", text.text.size(), kCharactersMax));
  const std::string source = EncodeUtf8(text.text);
  DC_ASSIGN_OR_RETURN(const Written written, Write(ToText(state_->language.Introduction(context.speaker, context.last_calls)), source));
  DC_ASSIGN_OR_RETURN(Frame frame, state_->language.Decode(written.parts));
  if (first != nullptr) *first = written.first;
  const Catalogue& catalogue = state_->language.catalogue();
  for (Call& call : frame.calls) {
    if (!call.zone_spoken) {  // nobody said where: the speaker's own place, as everywhere
      Draft draft;
      draft.capability = call.capability;
      const auto placed = PlaceDraft(draft, catalogue, {context.speaker, Zone::kWhole});
      if (!placed.empty()) call.zone = placed.front().zone;
    }
    for (std::string* copied : {&call.text, &call.to}) *copied = AsSpoken(*copied, source, text);
  }
  Understood understood;
  understood.language = text.language;
  frame.confidence = written.confidence;
  frame.route = "student";
  frame.reasoning = fmt::format("student: {}", ToText(written.parts));
  if (frame.escalation == Escalation::kCancel && frame.calls.empty()) understood.act = DialogueAct::kCancel;
  understood.frame = std::move(frame);
  return understood;
}

}  // namespace deepcabin::understanding
