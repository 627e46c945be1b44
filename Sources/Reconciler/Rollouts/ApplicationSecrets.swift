// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// The Secrets of which an application's pods, and the controllers that work for it, may write values into what is quoted:
/// its own, those that its pods are given, optional or not, and those that are made of some of its objects.
package struct ApplicationSecrets: Sendable, Hashable {
    /// Sorted.
    package let ids: [ObjectID]

    package init(of manifests: [Manifest]) {
        let kind = GroupKind(group: "", kind: "Secret")
        var found = manifests.madeSecrets
        for manifest in manifests {
            if manifest.id.groupKind == kind { found.insert(manifest.id) }
            found.formUnion(ExternalReference.secrets(givenTo: manifest.object, as: manifest.id))
        }
        ids = found.sorted()
    }

    /// - Parameter more: what else is to be read with them.
    /// - Throws: where one of them cannot be read: what it holds could not be taken out.
    package func live(
        in cluster: any Cluster, and more: Set<ObjectID> = []
    ) async throws(ClusterFailure) -> [Object] {
        var secrets: [Object] = []
        for id in ids + more.subtracting(ids).sorted() {
            if let secret = try await cluster.get(id, version: "v1") { secrets.append(secret) }
        }
        return secrets
    }
}
