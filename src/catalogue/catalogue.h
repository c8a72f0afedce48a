#pragma once
// The catalogue: capabilities (what the car can do), interfaces (a capability in a zone: one callable thing) and the signals behind them.
// Loaded once from catalogue/*.yaml (docs/catalogue.md is the format), immutable after that, so every const member is thread-safe.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalogue/value.h"
#include "catalogue/zone.h"

namespace deepcabin {

enum class Op : std::uint8_t {
  kSet,
  kOn,
  kOff,
  kOpen,
  kClose,
  kIncrease,
  kDecrease,
  kToggle,
  kPlay,
  kPause,
  kNext,
  kPrev,
  kStart,
  kStop,
  kCall,
  kSend,
  kSearch,
  kQuery,
  kCancel,
  kClarify,
  kConfirm,
  kChat,
  kAnswer,
  kRefuse,
};
inline constexpr int kOpCount = 24;
std::string_view OpName(Op op);
std::optional<Op> ParseOp(std::string_view name);

// Rows of the policy table (policy/*.yaml says what each means when).
enum class SafetyClass : std::uint8_t {
  kComfort,
  kDriverControl,
  kSeatMotion,
  kVisibility,
  kSignalling,
  kOpening,
  kClosure,
  kLock,
  kChildSafety,
  kPowertrain,
  kDriveStyle,
  kAssistance,
  kCommunication,
  kEmergency,
  kPurchase,
  kNavigation,
  kScreenContent,
  kPrivacy,
  kCharging,
  kReadOnly,
};
std::string_view SafetyClassName(SafetyClass safety);
std::optional<SafetyClass> ParseSafetyClass(std::string_view name);

enum class Language : std::uint8_t { kChinese, kEnglish };
std::string_view LanguageName(Language language);  // "zh", "en"

using SignalId = std::uint32_t;
using InterfaceId = std::uint32_t;
using CapabilityId = std::uint32_t;
inline constexpr std::uint32_t kNoId = 0xFFFFFFFF;

enum class NodeType : std::uint8_t { kSensor, kActuator, kAttribute };

struct SignalSpec {
  std::string path;
  NodeType node = NodeType::kSensor;
  DataType type = DataType::kBoolean;
  std::string unit;
  std::optional<double> min, max;    // the tree's own range
  std::vector<std::string> allowed;  // for strings; empty = any
  std::optional<Value> initial;      // in the default vehicle
  std::string about;
};

struct Word {
  std::string name;                 // the contract's word: "face", "sport"
  Value signal;                     // what is written
  std::vector<std::string> zh, en;  // how people say it
};

// What a capability's value may be and how spoken amounts map to it.
struct ValueSpec {
  DataType type = DataType::kBoolean;
  double min = 0, max = 1;  // what may be set, in `unit`
  bool has_range = false;
  std::string unit;
  int levels = 0;  // 0: no levels
  int first_level = 0;
  double step = 0;  // one moderate step, in `unit`
  std::optional<Value> on, off;
  bool inverted = false;
  bool free_text = false;
  std::vector<Word> words;
};

// A slot of a call that may have to be spoken.
enum class CallSlot : std::uint8_t { kText, kTo, kWhen };  // kWhen: `when` or `for`
std::string_view CallSlotName(CallSlot slot);

struct Capability {
  CapabilityId id = 0;
  std::string name, area, skill, about;
  std::string signal_pattern;  // empty for services
  NodeType node = NodeType::kActuator;
  ZoneSet zones;  // empty: one thing for the whole car
  ValueSpec value;
  std::uint32_t ops = 0;  // bit per Op
  bool shared = false;
  bool slot_text = false, slot_to = false, slot_for = false;
  std::map<Op, std::vector<CallSlot>> needs;  // what an op means nothing without, in the order in which it is asked for
  SafetyClass safety = SafetyClass::kComfort;
  std::vector<std::string> names_zh, names_en;
  std::vector<std::string> states_zh, states_en;  // of a switch: what it is when off, and when on; or none, where that is what it is
  std::string file;                               // "catalogue/seats.yaml:12", for messages

  bool Can(Op op) const { return (ops >> static_cast<unsigned>(op)) & 1u; }
  bool is_service() const { return signal_pattern.empty(); }
  const Word* FindWord(std::string_view word) const;
};

struct Interface {
  InterfaceId id = 0;
  CapabilityId capability = 0;
  Zone zone = Zone::kWhole;  // leaf zone, or kWhole
  SignalId signal = kNoId;   // kNoId for services
  std::string path;          // VSS path, or "Service.<capability>[.<zone>]"
};

class Catalogue {
 public:
  // Reads every *.yaml of `directory`. kInvalidArgument with "file:line: reason" for a broken catalogue; kNotFound when there is none.
  static Result<Catalogue> Load(const std::filesystem::path& directory);
  // The same from memory: file name → text. For tests and fuzzing.
  static Result<Catalogue> Parse(const std::map<std::string, std::string>& files);

  const std::vector<Capability>& capabilities() const { return capabilities_; }
  const std::vector<Interface>& interfaces() const { return interfaces_; }
  const std::vector<SignalSpec>& signals() const { return signals_; }

  const Capability& capability(CapabilityId id) const { return capabilities_[id]; }
  const Interface& interface(InterfaceId id) const { return interfaces_[id]; }
  const SignalSpec& signal(SignalId id) const { return signals_[id]; }

  const Capability* FindCapability(std::string_view name) const;
  // Exact byte match; nothing is normalised (homoglyphs and case tricks do not match).
  std::optional<SignalId> FindSignal(std::string_view path) const;
  // kNoId when the capability is not placed in that leaf zone.
  InterfaceId FindInterface(CapabilityId capability, Zone zone) const;
  // All interfaces that write or read `signal`.
  const std::vector<InterfaceId>& InterfacesOf(SignalId signal) const;

  // The interfaces that `zone` (spoken, or kWhole for none) means, said from `speaker`. Empty when the capability is not there.
  std::vector<InterfaceId> Resolve(const Capability& capability, Zone zone, Zone speaker) const;

  struct Hit {
    CapabilityId capability;
    double score;
  };
  // Capabilities whose names, words or description resemble `text`, best first.
  std::vector<Hit> Search(std::string_view text, std::size_t count) const;

  // The tree as VSS JSON, as an Eclipse KUKSA databroker loads it.
  Json ExportVssJson() const;

  // Tells catalogues apart: what was compiled or trained against one carries its fingerprint.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  friend class CatalogueBuilder;
  std::uint64_t fingerprint_ = 0;
  std::vector<Capability> capabilities_;
  std::vector<Interface> interfaces_;
  std::vector<SignalSpec> signals_;
  std::unordered_map<std::string, CapabilityId> capability_by_name_;
  std::unordered_map<std::string, SignalId> signal_by_path_;
  std::vector<std::vector<InterfaceId>> interfaces_by_capability_;
  std::vector<std::vector<InterfaceId>> interfaces_by_signal_;
};

}  // namespace deepcabin
