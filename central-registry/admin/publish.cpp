#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/publishing.hpp"
#include "central-registry/admin/report.hpp"

#include <fmt/format.h>

namespace onceway::central {

int publish(const Place& place, bool json) {
    constexpr std::string_view format = "onceway-registry-publish/1";
    auto database = open_registry(place);
    if (!database) return refuse(database.error(), format, json);
    const auto now = Clock::system().now();
    KeyRing ring(place.secret());
    const auto published = publish_state(*database, place, ring, now);
    if (!published) return refuse(published.error(), format, json);
    const auto anchors = refresh_anchors(*database, place, now);
    if (!anchors) return refuse(anchors.error(), format, json);
    if (json) {
        print({{"format", format},
               {"ok", true},
               {"folder", published->folder},
               {"at", rfc3339(published->at)},
               {"expires", rfc3339(published->expires)},
               {"anchors", described(*anchors)}});
        return 0;
    }
    print_line(fmt::format("Published {}, valid until {}.", published->folder, rfc3339_seconds(published->expires)));
    print_anchors(*anchors);
    return 0;
}

}  // namespace onceway::central
