// REST message parts of requests and responses.
#include "schemas/message/rest.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(rest_parts) {
    if (const auto request = message::parse_rest_request(input))
        for (const auto& [name, value] : request->fields)
            if (message::is_skipped_field(name)) std::abort();
    (void)message::parse_rest_response(input);
    (void)message::to_latin1(input);
}
