// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What the cluster holds of what a plan is about.
struct LiveObjects: Sendable {
    /// Those that were read.
    private(set) var objects: [ObjectID: Object] = [:]
    /// Those that are known to be as the very same manifest left them. Of these managed fields are not known.
    private let known: [ObjectID: PackedObject]
    /// Kinds that the server does not serve.
    private(set) var unserved: Set<GroupVersionKind> = []
    /// Why nothing is known of an object, where nothing is.
    private(set) var failures: [ObjectID: ClusterFailure] = [:]
    /// Cluster-scoped kinds among those asked about.
    private(set) var clusterScoped: Set<GroupVersionKind> = []
    /// What could not be looked through for objects that are no longer rendered.
    private(set) var notes: [String] = []

    init(known: [ObjectID: PackedObject] = [:]) { self.known = known }

    subscript(id: ObjectID) -> Object? { objects[id] ?? known[id]?.object }

    func isThere(_ id: ObjectID) -> Bool { objects[id] != nil || known[id] != nil }

    /// Nothing of it has to be read, and nothing would be sent.
    func isAsSent(_ id: ObjectID) -> Bool { known[id] != nil }

    fileprivate var hasKnown: Bool { !known.isEmpty }

    var secrets: [Object] {
        objects.values.filter { $0.kind == "Secret" && $0.groupVersionKind.group.isEmpty }
    }
}

/// Reads it with few requests: a list for each kind and namespace of what carries an owner label, and then what was
/// not among that.
struct LiveReader: Sendable {
    let cluster: any Cluster
    let survey: any ClusterSurvey
    let width: Int

    /// A list that answers for one kind.
    private struct Scope: Sendable, Hashable {
        var kind: ServedKind
        /// Nil: all of the cluster.
        var namespace: String?
    }

    /// - Parameters:
    ///   - manifests: what is to be compared.
    ///   - recorded: what was there before, and may have to go; nil where that is found by the owner label.
    ///   - known: live objects that need no reading, as their manifests left them.
    func read(
        _ manifests: [Manifest], recorded: [InventoryRecord]?, known: [ObjectID: PackedObject] = [:]
    ) async throws(ClusterFailure) -> LiveObjects {
        var live = LiveObjects(known: known)
        let manyUnknown = manyUnknown(manifests, recorded ?? [], live)
        var served: [GroupVersionKind: ServedKind] = [:]
        var namespaces: [GroupVersionKind: Set<String>] = [:]
        for manifest in manifests {
            let kind = manifest.groupVersionKind
            if served[kind] == nil, !live.unserved.contains(kind) {
                if let found = try await cluster.kind(kind) { served[kind] = found } else { live.noteUnserved(kind) }
            }
            namespaces[kind, default: []].insert(manifest.id.namespace)
        }
        for kind in served.values where !kind.isNamespaced { live.noteClusterScoped(kind.kind) }
        for record in recorded ?? [] {
            let kind = GroupVersionKind(
                group: record.object.group, version: record.version, kind: record.object.kind)
            if served[kind] == nil, let found = try await cluster.kind(kind) { served[kind] = found }
            namespaces[kind, default: []].insert(record.object.namespace)
        }
        var searched: Set<GroupKind> = []
        if recorded == nil {
            let all = Set(manifests.map(\.id.namespace)).subtracting([""])
            for kind in try await survey.kinds() {
                searched.insert(kind.kind.groupKind)
                let known = served.keys.contains { $0.groupKind == kind.kind.groupKind }
                if !known { served[kind.kind] = kind }
            }
            for kind in served.keys { namespaces[kind, default: []].formUnion(all) }
        }
        let listed = served.values.filter { recorded == nil || manyUnknown.contains($0.kind.groupKind) }
        let lists = listed.sorted { $0.kind < $1.kind }.map { ($0, namespaces[$0.kind] ?? []) }
        let answers = await lists.mapped(atOnce: width) { kind, namespaces in
            await self.owned(kind, namespaces: namespaces)
        }
        var unseen: [String] = []
        for (list, answer) in zip(lists, answers) {
            live.add(answer.objects)
            guard let failure = answer.failure else { continue }
            if failure.code == .unavailable || failure.code == .unauthorized { throw failure }
            if searched.contains(list.0.kind.groupKind) { unseen.append("\(list.0.kind.groupKind)") }
        }
        if !unseen.isEmpty {
            let more = unseen.count > 5 ? " and \(unseen.count - 5) more kinds" : ""
            live.note(
                "what is no longer rendered was not looked for among \(unseen.prefix(5).joined(separator: ", "))\(more): "
                    + "the server does not let these credentials list them")
        }
        let missing = manifests.filter { !live.isThere($0.id) && served[$0.groupVersionKind] != nil }
        let rest = (recorded ?? []).filter { !live.isThere($0.object) }
        await readRest(missing, rest, served, &live)
        return live
    }

    /// So few are asked for one by one.
    private static let few = 3

    /// The kinds of which a list tells more with fewer requests.
    private func manyUnknown(
        _ manifests: [Manifest], _ recorded: [InventoryRecord], _ live: LiveObjects
    ) -> Set<GroupKind> {
        let asked = Set(manifests.map(\.id)).union(recorded.map(\.object))
        var counts: [GroupKind: Int] = [:]
        for id in asked where !live.isAsSent(id) { counts[id.groupKind, default: 0] += 1 }
        return Set(counts.filter { !live.hasKnown || $0.value > Self.few }.keys)
    }

    private struct Answer: Sendable {
        var objects: [Object] = []
        var failure: ClusterFailure?
    }

    /// What carries an owner label: in one request where the cluster lets us, otherwise in one for each namespace.
    private func owned(_ kind: ServedKind, namespaces: Set<String>) async -> Answer {
        let places = kind.isNamespaced ? namespaces.subtracting([""]).sorted() : []
        if !kind.isNamespaced || places.count > 2 {
            do throws(ClusterFailure) {
                return Answer(objects: try await survey.objects(of: kind, namespace: nil, isOwned: true))
            } catch {
                guard kind.isNamespaced, error.code == .forbidden else { return Answer(failure: error) }
            }
        }
        var answer = Answer()
        for place in places {
            do throws(ClusterFailure) {
                answer.objects += try await survey.objects(of: kind, namespace: place, isOwned: true)
            } catch {
                answer.failure = answer.failure ?? error
            }
        }
        return answer
    }

    /// What carries no owner label, is not there, or could not be listed.
    private func readRest(
        _ manifests: [Manifest], _ recorded: [InventoryRecord], _ served: [GroupVersionKind: ServedKind],
        _ live: inout LiveObjects
    ) async {
        var groups: [Scope: [(id: ObjectID, version: String)]] = [:]
        for manifest in manifests {
            guard let kind = served[manifest.groupVersionKind] else { continue }
            let scope = Scope(kind: kind, namespace: kind.isNamespaced ? manifest.id.namespace : nil)
            groups[scope, default: []].append((manifest.id, kind.kind.version))
        }
        var single = recorded.map { ($0.object, $0.version) }
        var lists: [Scope] = []
        for (scope, members) in groups {
            if members.count > Self.few { lists.append(scope) } else { single += members.map { ($0.id, $0.version) } }
        }
        lists.sort { ($0.kind.kind, $0.namespace ?? "") < ($1.kind.kind, $1.namespace ?? "") }
        let answers = await lists.mapped(atOnce: width) { scope in
            do throws(ClusterFailure) {
                return Answer(
                    objects: try await survey.objects(of: scope.kind, namespace: scope.namespace, isOwned: false))
            } catch {
                return Answer(failure: error)
            }
        }
        for (scope, answer) in zip(lists, answers) {
            if answer.failure == nil {
                let asked = Set((groups[scope] ?? []).map(\.id))
                live.add(answer.objects.filter { asked.contains($0.objectID) })
            } else {
                single += (groups[scope] ?? []).map { ($0.id, $0.version) }
            }
        }
        single.sort { $0.0 < $1.0 }
        let found = await single.mapped(atOnce: width) { id, version -> Answer in
            do throws(ClusterFailure) {
                return Answer(objects: try await cluster.get(id, version: version).map { [$0] } ?? [])
            } catch {
                return Answer(failure: error)
            }
        }
        for (asked, answer) in zip(single, found) {
            live.add(answer.objects)
            if let failure = answer.failure { live.fail(asked.0, failure) }
        }
    }
}

extension LiveObjects {
    fileprivate mutating func add(_ found: [Object]) {
        for object in found { objects[object.objectID] = object }
    }

    fileprivate mutating func fail(_ id: ObjectID, _ failure: ClusterFailure) { failures[id] = failure }
    fileprivate mutating func note(_ text: String) { notes.append(text) }
    fileprivate mutating func noteUnserved(_ kind: GroupVersionKind) { unserved.insert(kind) }
    fileprivate mutating func noteClusterScoped(_ kind: GroupVersionKind) { clusterScoped.insert(kind) }
}
