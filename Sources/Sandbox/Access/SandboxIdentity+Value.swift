// SPDX-License-Identifier: Apache-2.0

import Manifests

extension SandboxIdentity {
    /// As `UserInfo` of the authentication API.
    var value: Value {
        var object = Object()
        if !name.isEmpty { object["username"] = .string(name) }
        if !uid.isEmpty { object["uid"] = .string(uid) }
        if !groups.isEmpty { object["groups"] = .array(groups.map { .string($0) }) }
        if !extra.isEmpty {
            object["extra"] = .object(
                Object(extra.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value.map { .string($0) })) }))
        }
        return .object(object)
    }
}
