// SPDX-License-Identifier: Apache-2.0
// Takes the field lines of a head as they are read: the fields that frame and route the message are
// set apart and judged as a whole later, what a listener's policy drops is dropped, the rest goes
// to the head's list.
#pragma once

#include "sluice/http/head.hpp"
#include "sluice/http/listener.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

/// A field that may stand once. The last value, and how often it came.
struct single_field {
    std::string_view value;
    unsigned count = 0;
};

class field_sorter {
public:
    /// Of a request when `underscores` is given, else of a response.
    field_sorter(header_list& fields, std::optional<underscore_policy> underscores)
        : fields_(fields), underscores_(underscores) {}

    /// False: the field is refused.
    bool take(std::string_view name, std::string_view value);

    const single_field& host() const noexcept { return host_; }
    const single_field& content_length() const noexcept { return content_length_; }
    const single_field& transfer_encoding() const noexcept { return transfer_encoding_; }
    /// Whether the list holds such a field, so that rules about absent ones cost nothing.
    bool saw(field_id id) const noexcept { return (seen_ & bit(id)) != 0; }

private:
    static constexpr std::uint32_t bit(field_id id) noexcept {
        return 1U << static_cast<unsigned>(id);
    }
    void keep(std::string_view name, std::string_view value, field_id id);

    header_list& fields_;
    std::optional<underscore_policy> underscores_;
    single_field host_;
    single_field content_length_;
    single_field transfer_encoding_;
    std::uint32_t seen_ = 0;
};

}  // namespace sluice::http
