// SOAP fault documents from peers; what was read can be written and read again.
#include "schemas/message/fault_document.hpp"
#include "tests/fuzz/target.hpp"

#include <cstdlib>

ONCEWAY_FUZZ(fault_document) {
    const auto fault = message::read_soap_fault(input);
    if (!fault || !fault->has_value()) return;
    const auto again = message::read_soap_fault(message::write_soap_fault(**fault));
    if (!again || !again->has_value() || (**again).code != (**fault).code) std::abort();
    (void)message::write_rest_error(**fault, {std::string(input.substr(0, 100))});
}
