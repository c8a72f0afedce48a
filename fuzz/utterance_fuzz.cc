// What people say, to the real phrasebook over the real catalogue: always a frame, calls only of interfaces that exist.

#include "catalogue/call.h"
#include "fuzz/fuzz.h"
#include "understanding/phrasebook.h"

using namespace deepcabin;

namespace {

struct Real {
  Catalogue catalogue;
  understanding::Phrasebook phrasebook;
};

const Real& LoadReal() {
  static const Catalogue catalogue = [] {
    auto loaded = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
    fuzz::Promise(loaded.has_value(), loaded ? "" : loaded.error().message.c_str());
    return std::move(*loaded);
  }();
  static const Real real = [] {
    auto loaded = understanding::Phrasebook::Load(DEEPCABIN_SOURCE_DIR "/phrasebook", catalogue);
    fuzz::Promise(loaded.has_value(), loaded ? "" : loaded.error().message.c_str());
    return Real{catalogue, std::move(*loaded)};
  }();
  return real;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Real& real = LoadReal();
  const auto understood = real.phrasebook.Understand(fuzz::Text(data, size), {});
  if (!understood) return 0;
  const Frame& frame = understood->frame;
  fuzz::Promise(frame.confidence >= 0 && frame.confidence <= 1, "confidence is from 0 to 1");
  for (const Call& call : frame.calls) {
    fuzz::Promise(call.capability < real.catalogue.capabilities().size(), "a call names a capability");
    fuzz::Promise(real.catalogue.capability(call.capability).Can(call.op), "a call asks what the capability can do");
  }
  static_cast<void>(DumpJson(FrameToJson(frame, real.catalogue)));
  return 0;
}
