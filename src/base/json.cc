#include "base/json.h"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace deepcabin {
namespace {

// Builds the value while counting; stops at the first limit. (nlohmann's own DOM parser has none.)
class LimitedBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit LimitedBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return Fail(ErrorCode::kInvalidArgument, "binary value in JSON"); }
  bool start_object(std::size_t) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }
  bool key(string_t& value) override {
    if (stack_.back()->contains(value)) {
      return Fail(ErrorCode::kInvalidArgument, fmt::format("duplicate key \"{:.64}\" in JSON", value));
    }
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    // The library's text names internals; the position is what a person can use.
    const bool is_range = e.id >= 400 && e.id < 500;
    return Fail(ErrorCode::kInvalidArgument, is_range ? fmt::format("number out of range in JSON at byte {}", position)
                                                      : fmt::format("malformed JSON at byte {}", position));
  }

  Result<Json> Take() && {
    if (failed_) return std::move(error_);
    return std::move(root_);
  }
  bool failed() const { return failed_; }

 private:
  template <typename V>
  bool Add(V&& value) {
    if (++nodes_ > limits_.nodes_max) {
      return Fail(ErrorCode::kResourceExhausted, fmt::format("JSON has more than {} values", limits_.nodes_max));
    }
    Place(Json(std::forward<V>(value)));
    return true;
  }
  bool Open(Json container) {
    if (static_cast<int>(stack_.size()) >= limits_.depth_max) {
      return Fail(ErrorCode::kResourceExhausted, fmt::format("JSON is nested deeper than {} levels", limits_.depth_max));
    }
    if (++nodes_ > limits_.nodes_max) {
      return Fail(ErrorCode::kResourceExhausted, fmt::format("JSON has more than {} values", limits_.nodes_max));
    }
    stack_.push_back(Place(std::move(container)));
    return true;
  }
  bool Close() {
    stack_.pop_back();
    return true;
  }
  Json* Place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& slot = parent[key_];
    slot = std::move(value);
    return &slot;
  }
  bool Fail(ErrorCode code, std::string message) {
    if (!failed_) error_ = {code, std::move(message)};
    failed_ = true;
    return false;
  }

  const JsonLimits& limits_;
  Json root_;
  std::vector<Json*> stack_;
  std::string key_;
  std::size_t nodes_ = 0;
  bool failed_ = false;
  Error error_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return ResourceExhausted(fmt::format("JSON of {} bytes exceeds the limit of {}", text.size(), limits.bytes_max));
  }
  LimitedBuilder builder(limits);
  const bool ok = Json::sax_parse(text.begin(), text.end(), &builder);
  if (!ok && !builder.failed()) return InvalidArgument("malformed JSON");
  return std::move(builder).Take();
}

std::string DumpJson(const Json& value, int indent) { return value.dump(indent, ' ', false, Json::error_handler_t::replace); }

std::string DumpJson(const OrderedJson& value, int indent) { return value.dump(indent, ' ', false, OrderedJson::error_handler_t::replace); }

}  // namespace deepcabin
