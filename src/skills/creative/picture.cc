#include "skills/creative/picture.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::creative {
namespace {

using skills::At;

constexpr std::size_t kWishBytesMax = 1000;
constexpr auto kWords = std::to_array<std::string_view>({"画一",
                                                         "画个",
                                                         "画张",
                                                         "画幅",
                                                         "画只",
                                                         "画朵",
                                                         "画出",
                                                         "画画",
                                                         "给我画",
                                                         "帮我画",
                                                         "来张图",
                                                         "来幅画",
                                                         "生成图",
                                                         "生成一张",
                                                         "生成一幅",
                                                         "做张图",
                                                         "draw me",
                                                         "draw us",
                                                         "draw a ",
                                                         "draw an ",
                                                         "sketch me",
                                                         "sketch a ",
                                                         "paint me",
                                                         "paint a ",
                                                         "picture of",
                                                         "image of",
                                                         "drawing of",
                                                         "generate an image",
                                                         "generate a picture"});

Result<std::string> FromBase64(const std::string& text) {
  if (text.size() > kPictureBytesMax / 3 * 4 || text.size() % 4 != 0) return Unavailable("the picture is broken or too large");
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return Unavailable("the picture is broken");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string_view ContentTypeOf(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (bytes.size() > 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return "";
}

class ImagesEndpoint final : public Painter {
 public:
  explicit ImagesEndpoint(skills::Outside outside) : outside_(std::move(outside)) {}

  Result<Picture> Paint(std::string_view wish, const std::stop_token& stop) const override {
    OrderedJson request = {{"prompt", ReplaceInvalidUtf8(wish.substr(0, kWishBytesMax))}, {"n", 1}, {"size", "1024x1024"}};
    if (!outside_.model.empty()) request["model"] = outside_.model;
    request["response_format"] = "b64_json";
    skills::Exchange exchange(outside_, stop);
    DC_ASSIGN_OR_RETURN(Json json, Ask(exchange, request));
    if (!At(json, "error").is_null()) {  // newer models of OpenAI always answer so, and take the field for a mistake
      request.erase("response_format");
      DC_ASSIGN_OR_RETURN(json, Ask(exchange, request));
    }
    const Json& data = At(At(At(json, "data"), std::size_t{0}), "b64_json");
    if (!data.is_string()) {
      const std::string why = skills::TextOf(At(At(json, "error"), "message"));
      return Unavailable(fmt::format("{}: {}", outside_.url, why.empty() ? "no picture in the answer (b64_json)" : why));
    }
    DC_ASSIGN_OR_RETURN(std::string bytes, FromBase64(data.get_ref<const std::string&>()));
    const std::string_view type = ContentTypeOf(bytes);
    if (type.empty()) return Unavailable(fmt::format("{}: what came is no PNG, JPEG or WebP", outside_.url));
    return Picture{std::string(type), std::move(bytes)};
  }

 private:
  Result<Json> Ask(skills::Exchange& exchange, const OrderedJson& request) const {
    std::vector<std::string> headers;
    if (!outside_.key.empty()) headers.push_back("Authorization: Bearer " + outside_.key);
    return exchange.Ask(outside_.url + "/images/generations", std::move(headers), DumpJson(request));
  }

  const skills::Outside outside_;
};

}  // namespace

bool PictureWanted(std::string_view wish) {
  const std::string lower = ToLowerAscii(wish.substr(0, kWishBytesMax));
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::unique_ptr<Painter> MakePainter(skills::Outside outside) {
  outside.answer_bytes_max = kPictureBytesMax / 3 * 4 + (64u << 10);
  return std::make_unique<ImagesEndpoint>(std::move(outside));
}

}  // namespace deepcabin::creative
