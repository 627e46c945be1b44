// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// A kind in a namespace; the namespace is empty for cluster-scoped kinds.
package struct WatchScope: Sendable, Hashable, CustomStringConvertible {
    package var kind: GroupVersionKind
    package var namespace: String

    package init(kind: GroupVersionKind, namespace: String) {
        self.kind = kind
        self.namespace = namespace
    }

    package var description: String { namespace.isEmpty ? "\(kind)" : "\(kind) in \(namespace)" }
}

/// What a cluster holds of the scopes that somebody asked about, as their watches have told, and how current that is.
/// A pure value: `ClusterView` keeps it current.
package struct ClusterPicture: Sendable {
    private struct Entry {
        var cache = ObjectCache()
        /// Why the scope is not current: the last try failed and none succeeded since.
        var failure: ClusterFailure?
        var isServed = true
    }

    private var entries: [WatchScope: Entry] = [:]
    /// The version a group and kind is watched in: the first one asked for.
    private var watchedVersions: [GroupKind: GroupVersionKind] = [:]

    package init() {}

    // MARK: Scopes

    /// The scope that a kind is watched in, whatever version it is asked for in after the first time.
    package mutating func scope(_ kind: GroupVersionKind, namespace: String) -> WatchScope {
        let watched = watchedVersions[kind.groupKind] ?? kind
        watchedVersions[kind.groupKind] = watched
        return WatchScope(kind: watched, namespace: namespace)
    }

    /// False where it is there already.
    package mutating func add(_ scope: WatchScope) -> Bool {
        guard entries[scope] == nil else { return false }
        entries[scope] = Entry()
        return true
    }

    private func entry(_ kind: GroupKind, _ namespace: String) -> Entry? {
        watchedVersions[kind].flatMap { entries[WatchScope(kind: $0, namespace: namespace)] }
    }

    // MARK: What is told

    package mutating func apply(_ event: ClusterEvent, in scope: WatchScope) -> ObjectCache.Applied {
        entries[scope]?.cache.apply(event) ?? .unchanged
    }

    /// Takes all there is as of a version. True where something changed.
    package mutating func replace(_ scope: WatchScope, with whole: ObjectCache, at version: String) -> Bool {
        entries[scope]?.cache.replace(with: whole, at: version) == true
    }

    /// Takes an object that was read by itself. Its scope, where it is newer than what the watch has told.
    package mutating func learn(_ object: Object) -> WatchScope? {
        guard let kind = watchedVersions[object.groupVersionKind.groupKind] else { return nil }
        let scope = WatchScope(kind: kind, namespace: object.namespace)
        return entries[scope]?.cache.learn(object) == true ? scope : nil
    }

    /// True where that is news.
    package mutating func setServed(_ isServed: Bool, _ scope: WatchScope) -> Bool {
        guard entries[scope]?.isServed != isServed else { return false }
        entries[scope]?.isServed = isServed
        return true
    }

    /// The scope is current. True where it was not.
    package mutating func succeeded(_ scope: WatchScope) -> Bool {
        guard entries[scope]?.failure != nil else { return false }
        entries[scope]?.failure = nil
        return true
    }

    /// The scope is not current. True where it was.
    package mutating func failed(_ scope: WatchScope, because failure: ClusterFailure) -> Bool {
        defer { entries[scope]?.failure = failure }
        return entries[scope]?.failure == nil
    }

    /// What a watch of the scope goes on from.
    package func resourceVersion(of scope: WatchScope) -> String { entries[scope]?.cache.resourceVersion ?? "" }

    /// Nil where the scope is none that is watched.
    package func contains(_ id: ObjectID, in scope: WatchScope) -> Bool? {
        entries[scope]?.cache.contains(namespace: id.namespace, name: id.name)
    }

    // MARK: Objects

    package func object(_ id: ObjectID) -> Object? {
        entry(id.groupKind, id.namespace)?.cache.object(namespace: id.namespace, name: id.name)
    }

    package func seen(_ id: ObjectID) -> SeenObject? {
        entry(id.groupKind, id.namespace)?.cache.seen(namespace: id.namespace, name: id.name)
    }

    /// The object with what its judgement needs.
    package func observation(of id: ObjectID) -> ObjectObservation {
        guard let object = object(id) else { return ObjectObservation(object: nil) }
        guard id.isWorkload else { return ObjectObservation(object: object) }
        let replicaSets = controlled(by: object.uid, WorkloadKinds.replicaSet.groupKind, namespace: id.namespace)
        let owners = [object.uid] + replicaSets.map(\.uid)
        let pods = owners.flatMap { controlled(by: $0, WorkloadKinds.pod.groupKind, namespace: id.namespace) }
        return ObjectObservation(object: object, replicaSets: replicaSets, pods: pods)
    }

    private func controlled(by uid: String, _ kind: GroupKind, namespace: String) -> [Object] {
        entry(kind, namespace)?.cache.controlled(by: uid) ?? []
    }

    /// What controls an object, and what controls that: a pod's ReplicaSet, and its Deployment.
    package func controllers(of object: Object) -> [ObjectID] {
        guard let controller = object.controllerID else { return [] }
        guard controller.groupKind == WorkloadKinds.replicaSet.groupKind else { return [controller] }
        return [controller] + [self.object(controller)?.controllerID].compactMap(\.self)
    }

    // MARK: How current it is

    /// True once the scope was read, or the server is known not to serve the kind.
    package func isSynced(_ kind: GroupKind, namespace: String) -> Bool {
        entry(kind, namespace).map { $0.cache.isSynced || !$0.isServed } ?? false
    }

    /// True where the kind is served, and was read: not merely not known to be missing.
    package func isRead(_ kind: GroupKind, namespace: String) -> Bool {
        entry(kind, namespace).map { $0.isServed && $0.cache.isSynced && $0.failure == nil } ?? false
    }

    /// Why the scope is not current, where it is not.
    package func failure(_ kind: GroupKind, namespace: String) -> ClusterFailure? { entry(kind, namespace)?.failure }

    /// The first failure of any scope, for the status page.
    package var anyFailure: ClusterFailure? {
        entries.sorted { ($0.key.namespace, $0.key.kind) < ($1.key.namespace, $1.key.kind) }
            .lazy.compactMap(\.value.failure).first
    }

    /// Whether anything that is watched is not current.
    package var isFailing: Bool { entries.values.contains { $0.failure != nil } }

    /// True once all that judging the object needs was read.
    package func isSynced(_ id: ObjectID) -> Bool {
        neededKinds(of: id).allSatisfy { isSynced($0, namespace: id.namespace) }
    }

    /// Why what judging the object needs is not current, where it is not.
    package func failure(of id: ObjectID) -> ClusterFailure? {
        neededKinds(of: id).lazy.compactMap { self.failure($0, namespace: id.namespace) }.first
    }

    private func neededKinds(of id: ObjectID) -> [GroupKind] {
        [id.groupKind] + WorkloadKinds.below(id).map(\.groupKind)
    }
}

extension Object {
    /// The owner that controls the object.
    fileprivate var controllerID: ObjectID? {
        let owners = value(at: "metadata", "ownerReferences")?.array ?? []
        guard let owner = owners.first(where: { $0["controller"]?.bool == true }),
            let kind = owner["kind"]?.string, let name = owner["name"]?.string
        else { return nil }
        let group = GroupVersionKind(apiVersion: owner["apiVersion"]?.string ?? "", kind: kind).group
        return ObjectID(group: group, kind: kind, namespace: namespace, name: name)
    }
}
