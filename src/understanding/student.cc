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

std::vector<engine::TokenId> SymbolsOfEscalations(const engine::Tokenizer& tokenizer) {
  std::vector<engine::TokenId> symbols;
  for (int i = 1; i <= static_cast<int>(Escalation::kCancel); ++i) {
    if (const auto symbol = tokenizer.Symbol(FrameLanguage::EscalationSymbol(static_cast<Escalation>(i)))) symbols.push_back(*symbol);
  }
  return symbols;
}

// Of `token` among all.
double LogProbability(const engine::Model& model, std::span<const float> logits, engine::TokenId token) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  const float sum = model.kernels().sum_exp(logits.data(), logits.size(), largest);
  return static_cast<double>(logits[static_cast<std::size_t>(token)] - largest) - std::log(static_cast<double>(sum));
}

// `copied`, a stretch of the normalised text, as it was spoken.
std::string AsSpoken(const std::string& copied, const std::string& source, const Normalised& text) {
  const std::size_t byte = source.find(copied);
  if (copied.empty() || byte == std::string::npos) return copied;
  const std::size_t begin = DecodeUtf8(std::string_view(source).substr(0, byte)).size();
  return text.Original(begin, begin + DecodeUtf8(copied).size());
}

std::string Introduce(const FrameLanguage& language, const Context& context, const Understood& read) {
  return ToText(language.Introduction(context.speaker, context.last_calls, HowRead(read), read.frame));
}

}  // namespace

struct Student::State {
  State(engine::Model m, FrameLanguage l) : model(std::move(m)), language(std::move(l)) {}

  // What was known and what was said, up to where the frame begins.
  Result<std::vector<engine::TokenId>> Prompt(std::string_view introduction, std::string_view said) const;
  // Where the session has read what was said: the probability that an escalation's symbol comes first. It stands alone then.
  double NoOrder() const;

  const engine::Model model;
  const FrameLanguage language;
  std::vector<engine::TokenId> escalations;
  std::optional<FrameAutomaton> automaton;
  std::mutex mutex;  // of the session
  std::unique_ptr<engine::Session> session;
};

Result<std::vector<engine::TokenId>> Student::State::Prompt(std::string_view introduction, std::string_view said) const {
  const engine::Tokenizer& tokenizer = model.tokenizer();
  std::vector<engine::TokenId> tokens{tokenizer.bos()};
  DC_ASSIGN_OR_RETURN(const auto known, tokenizer.EncodeWithSymbols(introduction));
  DC_ASSIGN_OR_RETURN(const auto words, tokenizer.Encode(said));
  tokens.insert(tokens.end(), known.begin(), known.end());
  tokens.insert(tokens.end(), words.begin(), words.end());
  tokens.push_back(tokenizer.separator());
  return tokens;
}

double Student::State::NoOrder() const {
  const auto logits = session->Logits(session->states() - 1);
  double sum = 0;
  for (const engine::TokenId symbol : escalations) sum += std::exp(LogProbability(model, logits, symbol));
  return sum;
}

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
  state->escalations = SymbolsOfEscalations(state->model.tokenizer());
  const std::size_t context = std::min(kContextMax, state->model.config().context_length);
  DC_ASSIGN_OR_RETURN(state->session, engine::Session::Create(state->model, {.context_max = context}));
  return Student(std::move(state));
}

Result<Student::Written> Student::Write(std::string_view introduction, std::string_view said) const {
  DC_ASSIGN_OR_RETURN(const auto tokens, state_->Prompt(introduction, said));
  const FrameSentence sentence(*state_->automaton, said);
  engine::Decoded out;
  double no_order = 0;
  {
    const std::lock_guard lock(state_->mutex);
    DC_RETURN_IF_ERROR(state_->session->SetContext(tokens));
    no_order = state_->NoOrder();
    engine::Decoder decoder(*state_->session, sentence, {.tokens_max = kTokensMax, .drafts = false, .unmasked = true});
    DC_RETURN_IF_ERROR(decoder.Decode(out));
  }
  double log_probability = 0;
  for (const float choice : out.unmasked_probabilities) log_probability += choice;
  return Written{state_->automaton->PartsOf(out.tokens), std::exp(log_probability), no_order};
}

Result<double> Student::Probability(const Understood& read, const Normalised& text, const Context& context) const {
  const std::string source = EncodeUtf8(text.text);
  DC_ASSIGN_OR_RETURN(const FrameParts parts, state_->language.Encode(read.frame, source));
  DC_ASSIGN_OR_RETURN(auto sentence, state_->model.tokenizer().EncodeWithSymbols(ToText(parts)));
  sentence.push_back(state_->model.tokenizer().eos());
  if (sentence.size() > kTokensMax) return ResourceExhausted(fmt::format("a frame of {} tokens", sentence.size()));
  DC_ASSIGN_OR_RETURN(const auto prompt, state_->Prompt(Introduce(state_->language, context, read), source));
  const std::lock_guard lock(state_->mutex);
  engine::Session& session = *state_->session;
  DC_RETURN_IF_ERROR(session.SetContext(prompt));
  double sum = LogProbability(state_->model, session.Logits(session.states() - 1), sentence.front());
  DC_RETURN_IF_ERROR(session.Append(std::span(sentence).first(sentence.size() - 1), sentence.size() - 1));
  for (std::size_t i = 1; i < sentence.size(); ++i) sum += LogProbability(state_->model, session.Logits(i - 1), sentence[i]);
  return std::exp(sum);
}

Result<Student::Thought> Student::Understand(const Normalised& text, const Context& context, const Understood& read) const {
  if (text.text.empty()) return InvalidArgument("nothing was said");
  if (text.text.size() > kCharactersMax)
    return ResourceExhausted(fmt::format("{} characters, at most {}", text.text.size(), kCharactersMax));
  const std::string source = EncodeUtf8(text.text);
  DC_ASSIGN_OR_RETURN(const Written written, Write(Introduce(state_->language, context, read), source));
  DC_ASSIGN_OR_RETURN(Frame frame, state_->language.Decode(written.parts));
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
  return Thought{std::move(understood), written.no_order};
}

}  // namespace deepcabin::understanding
