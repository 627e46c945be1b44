// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a write is about, apart from the object.
struct WriteRequest: Sendable {
    var type: ResourceType
    var namespace: String
    /// Empty for a create.
    var name: String
    /// Empty, or `status`; `scale` is translated before.
    var subresource = ""
    var manager: String
    var dryRun = false
    /// Who asks for it; nil for the server itself and its controllers, which may do anything.
    var user: SandboxIdentity?

    var key: StoreKey { StoreKey(kind: type.storage, namespace: namespace, name: name) }

    /// PATCH rather than PUT: a wrong uid is then an invalid change, not a failed precondition.
    var isPatch = false

    func fieldManager(_ operation: String) -> ManagedFields.Manager {
        ManagedFields.Manager(
            name: manager, operation: operation, apiVersion: type.apiVersion, subresource: subresource)
    }
}
