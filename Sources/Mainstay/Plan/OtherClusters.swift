// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler

/// What applications still have in a cluster that their environments name no more, by the owner label: among the kinds and
/// in the namespaces of what is rendered.
struct OtherClusters: Sendable {
    struct Item: Sendable {
        var target: TargetID
        /// That of its environment; empty for the default one.
        var cluster: String
        var manifests: [Manifest]
    }

    struct Found: Sendable {
        var places: [TargetID: ClusterPlace] = [:]
        /// What could not be looked at.
        var notes: [String] = []
    }

    private struct Scope: Hashable {
        var kind: GroupVersionKind
        var namespace: String
    }

    let clusters: [(name: String, client: KubernetesClient)]

    func look(for items: [Item]) async -> Found {
        var found = Found()
        for cluster in clusters {
            let others = items.filter { $0.cluster != cluster.name }
            do throws(ClusterFailure) {
                for (target, count) in try await objects(of: others, in: KubernetesCluster(client: cluster.client)) {
                    found.places[target] = .elsewhere(cluster.name, objects: count)
                }
            } catch {
                found.notes.append(
                    "not known: whether something is left in \(ClusterPlace.words(cluster.name)) of what is planned for "
                        + "another: \(error.message)")
            }
        }
        return found
    }

    private func objects(
        of items: [Item], in cluster: KubernetesCluster
    ) async throws(ClusterFailure) -> [TargetID: Int] {
        let targets = Set(items.map(\.target))
        let scopes = Set(
            items.flatMap(\.manifests).filter { !$0.id.namespace.isEmpty }.map {
                Scope(kind: $0.groupVersionKind, namespace: $0.id.namespace)
            })
        var counts: [TargetID: Int] = [:]
        for scope in scopes.sorted(by: { ($0.namespace, $0.kind) < ($1.namespace, $1.kind) }) {
            guard let kind = try await cluster.kind(scope.kind), kind.isNamespaced else { continue }
            do throws(ClusterFailure) {
                for object in try await cluster.objects(of: kind, namespace: scope.namespace, isOwned: true) {
                    guard let target = Ownership.claimedTarget(of: object), targets.contains(target),
                        Ownership.owns(target, object)
                    else { continue }
                    counts[target, default: 0] += 1
                }
            } catch {
                // What is not served there has left nothing there.
                guard [.notFound, .kindNotServed, .namespaceMissing].contains(error.code) else { throw error }
            }
        }
        return counts
    }
}
