#pragma once
// Result<T>: a value or an Error. The way functions fail across rooms; exceptions stay inside the room that catches them.
// Member names follow std::expected (C++23), so an alias can replace this file one day.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace deepcabin {

// Canonical codes (gRPC's), so that the HTTP and KUKSA mappings are tables.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,     // the request is wrong whatever the state: bad syntax, type, range
  kNotFound,            // no such signal, capability, session
  kOutOfRange,          // a number beyond its limits
  kFailedPrecondition,  // right request, wrong state
  kPermissionDenied,    // the guard or an access rule says no
  kUnauthenticated,     // no or wrong access token
  kResourceExhausted,   // a limit was reached: size, rate, queue
  kUnavailable,         // try again later
  kDeadlineExceeded,
  kDataLoss,
  kInternal,
};

// Stable lower-case name ("invalid_argument"), used in JSON answers.
std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // carries the offending value and the limit; safe to show to a user
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    DC_CHECK(has_value());
    return std::get<0>(state_);
  }
  const T& value() const& {
    DC_CHECK(has_value());
    return std::get<0>(state_);
  }
  T&& value() && {
    DC_CHECK(has_value());
    return std::get<0>(std::move(state_));
  }
  const Error& error() const& {
    DC_CHECK(!has_value());
    return std::get<1>(state_);
  }
  Error&& error() && {
    DC_CHECK(!has_value());
    return std::get<1>(std::move(state_));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T value_or(T fallback) const& { return has_value() ? std::get<0>(state_) : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() : error_{}, ok_(true) {}
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const& {
    DC_CHECK(!ok_);
    return error_;
  }
  Error&& error() && {
    DC_CHECK(!ok_);
    return std::move(error_);
  }

 private:
  Error error_;
  bool ok_;
};

using Status = Result<void>;

inline Error InvalidArgument(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }
inline Error NotFound(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
inline Error OutOfRange(std::string message) { return {ErrorCode::kOutOfRange, std::move(message)}; }
inline Error FailedPrecondition(std::string message) { return {ErrorCode::kFailedPrecondition, std::move(message)}; }
inline Error PermissionDenied(std::string message) { return {ErrorCode::kPermissionDenied, std::move(message)}; }
inline Error ResourceExhausted(std::string message) { return {ErrorCode::kResourceExhausted, std::move(message)}; }
inline Error Unavailable(std::string message) { return {ErrorCode::kUnavailable, std::move(message)}; }
inline Error Internal(std::string message) { return {ErrorCode::kInternal, std::move(message)}; }

}  // namespace deepcabin

// Evaluates `expression` (a Result); returns its error from the enclosing function, if any.
#define DC_RETURN_IF_ERROR(expression)                   \
  do {                                                   \
    auto dc_status = (expression);                       \
    if (!dc_status) return std::move(dc_status).error(); \
  } while (false)

#define DC_CONCAT_INNER(a, b) a##b
#define DC_CONCAT(a, b) DC_CONCAT_INNER(a, b)
// DC_ASSIGN_OR_RETURN(auto x, Compute()): binds the value or returns the error.
#define DC_ASSIGN_OR_RETURN(declaration, expression) DC_ASSIGN_OR_RETURN_INNER(DC_CONCAT(dc_result_, __LINE__), declaration, expression)
#define DC_ASSIGN_OR_RETURN_INNER(name, declaration, expression) \
  auto name = (expression);                                      \
  if (!name) return std::move(name).error();                     \
  declaration = std::move(name).value()
