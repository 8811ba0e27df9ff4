// SPDX-License-Identifier: Apache-2.0
// Where each received field goes. Runs once a field line.
#include "http/field_sorter.hpp"

#include "http/hop_by_hop.hpp"

namespace sluice::http {

namespace {

// Names some servers read as the real thing once `_` and `-` are the same to them (CGI, WSGI):
// whoever smuggles Content_Length or X_Forwarded_For past us speaks to them as we do.
bool aliases_a_trusted_field(std::string_view name) noexcept {
    const field_id id = identify(name, spelling::underscore_is_hyphen);
    switch (id) {
    case field_id::content_length:
    case field_id::transfer_encoding:
    case field_id::host:
    case field_id::x_request_id:
    case field_id::x_client_subject:
        return true;
    default:
        return is_hop_by_hop(id) || is_forwarded(id);
    }
}

}  // namespace

bool field_sorter::take(std::string_view name, std::string_view value) {
    const field_id id = identify(name);
    if (id == field_id::other && underscores_ && name.find('_') != std::string_view::npos) {
        if (*underscores_ == underscore_policy::reject)
            return false;
        if (*underscores_ == underscore_policy::drop || aliases_a_trusted_field(name))
            return true;
    }
    keep(name, value, id);
    return true;
}

void field_sorter::keep(std::string_view name, std::string_view value, field_id id) {
    seen_ |= bit(id);
    const auto apart = [value](single_field& one) {
        one.value = value;
        ++one.count;
    };
    switch (id) {
    case field_id::content_length:
        return apart(content_length_);
    case field_id::transfer_encoding:
        return apart(transfer_encoding_);
    case field_id::host:
        if (underscores_)
            return apart(host_);
        break;
    case field_id::x_client_subject:
        if (underscores_)  // only the gateway itself says who a client is
            return;
        break;
    default:
        break;
    }
    fields_.add(field{name, value, id, is_hop_by_hop(id)});
}

}  // namespace sluice::http
