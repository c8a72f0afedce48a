// Sessions in the clear, in a file of their own: nothing else takes as long to compile.
#include "server/http_session.h"

namespace deepcabin::server {

void BeginSession(PlainStream stream, SessionContext& context, std::string peer, std::string local_address) {
  std::make_shared<HttpSession<PlainStream>>(std::move(stream), context, std::move(peer), std::move(local_address))->Start();
}

}  // namespace deepcabin::server
