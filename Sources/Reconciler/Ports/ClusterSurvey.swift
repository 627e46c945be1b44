// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whole objects, found by kind: what plans ask of the cluster, and the search for objects that the ledger lost.
package protocol ClusterSurvey: Sendable {
    /// Every kind whose objects can be listed, each in the version that the server prefers.
    func kinds() async throws(ClusterFailure) -> [ServedKind]
    /// Whole objects with their `managedFields`, in the version asked for.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - isOwned: only those with an owner label.
    func objects(of kind: ServedKind, namespace: String?, isOwned: Bool) async throws(ClusterFailure) -> [Object]
}
