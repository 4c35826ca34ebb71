// From a request to an answer: find the endpoint, check what was sent, ask the register.
#pragma once

#include "adapters/database/declaration.hpp"
#include "adapters/database/register.hpp"
#include "adapters/kit/serving.hpp"

#include <string>

namespace onceway::database {

class Service {
public:
    /// Faults: those of Register::open.
    static Result<Service> open(Declaration declaration);

    /// Answers one request; blocks for the database. Safe from several threads. Every refusal is JSON with its reason,
    /// and nothing that a caller sends reaches a log, because paths hold personal codes.
    kit::Answer answer(const kit::Request& request);

private:
    Service(Declaration declaration, Register opened);
    kit::Answer answer_from(std::size_t index, const std::map<std::string, std::string>& in_path,
                            const kit::Request& request, std::string_view query);

    Declaration declaration_;
    Register register_;
    std::string openapi_;
};

}  // namespace onceway::database
