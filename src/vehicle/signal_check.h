#pragma once
// What a signal may hold: VSS type, range and allowed words. Every write to the store passes here first.

#include "base/result.h"
#include "catalogue/catalogue.h"

namespace deepcabin::vehicle {

inline constexpr std::size_t kTextBytesMax = 4096;  // one string value
inline constexpr std::size_t kTextItemsMax = 256;   // strings of one array

// kInvalidArgument: another type, a number that is not finite, bad UTF-8, a word that is not allowed. kOutOfRange: beyond the signal's or
// the type's limits. kResourceExhausted: text past the limits above. The message names path, value and limit. Thread-safe.
Status CheckValue(const SignalSpec& spec, const Value& value);

// "" .. at most 80 bytes of the value, for messages.
std::string ShortText(const Value& value);

}  // namespace deepcabin::vehicle
