#pragma once
// DC_CHECK: for programmer errors only, never for what comes from outside (people, files, networks, cars, models).

namespace deepcabin {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}

#define DC_CHECK(condition) ((condition) ? static_cast<void>(0) : ::deepcabin::CheckFailed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define DC_DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define DC_DCHECK(condition) DC_CHECK(condition)
#endif
