// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Edges from annotations that operators of kpt, Argo CD and kapp already write.
struct AnnotationEdges {
    let index: OrderIndex

    /// What is stated of single objects, or of a group of them by name.
    var stated: [ProposedEdge] {
        index.nodes.indices.flatMap(dependsOn) + index.targets.flatMap { changeRules(index.members[$0] ?? []) }
    }

    /// Waves, which hooks are in as well.
    var waves: [ProposedEdge] { index.targets.flatMap { waves(index.members[$0] ?? []) } }

    // MARK: config.kubernetes.io/depends-on

    private static let dependsOnKey = "config.kubernetes.io/depends-on"

    private func dependsOn(_ number: Int) -> [ProposedEdge] {
        Self.references(in: index.nodes[number].object).compactMap { id in
            guard let to = index.number(named: id), to != number else { return nil }
            return ProposedEdge(from: number, to: to, kind: .annotation, reason: Self.dependsOnKey)
        }
    }

    /// What is named, and is not there to be waited for.
    var unknown: [DroppedEdge] {
        index.nodes.flatMap { node in
            Self.references(in: node.object).filter { index.number(named: $0) == nil }.map { id in
                let edge = OrderEdge(from: node.id, to: id, kind: .annotation, reason: Self.dependsOnKey)
                return DroppedEdge(
                    edge: edge,
                    reason: index.isElsewhere(id)
                        ? "is a hook for failures, which runs when all else has ended" : "is in no manifest",
                    isUnknown: true)
            }
        }
    }

    private static func items(_ object: Object) -> [Substring] {
        object.annotations[dependsOnKey]?.string?.split(separator: ",").map { item in
            item.drop(while: \.isWhitespace)
        } ?? []
    }

    private static func references(in object: Object) -> [ObjectID] { items(object).compactMap(reference) }

    /// What an object's annotations ask for and do not get.
    static func notes(on object: Object) -> [String] {
        items(object).filter { reference($0) == nil }.map { item in
            "\(dependsOnKey) has items such as batch/namespaces/staging/Job/backup, and "
                + "\(SafeText.quote(String(item), limit: 100)) is none: it was ignored"
        }
    }

    /// `group/Kind/name`, or `group/namespaces/namespace/Kind/name`; the core group is empty.
    static func reference(_ item: Substring) -> ObjectID? {
        let parts = item.split(separator: "/", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }
        if parts.count == 3 { return ObjectID(group: parts[0], kind: parts[1], name: parts[2]) }
        guard parts.count == 5, parts[1] == "namespaces" else { return nil }
        return ObjectID(group: parts[0], kind: parts[3], namespace: parts[2], name: parts[4])
    }

    // MARK: argocd.argoproj.io/sync-wave, and hooks

    private struct Wave: Hashable, Comparable {
        var phase: Int
        var number: Int

        static func < (left: Wave, right: Wave) -> Bool { (left.phase, left.number) < (right.phase, right.number) }
    }

    /// The number that an object states. Where the pipeline has a hook's place, its wave is not asked.
    static func wave(of object: Object) -> Int? {
        guard object.annotations[Hook.orderKey] == nil else { return nil }
        return object.annotations["argocd.argoproj.io/sync-wave"]?.string.flatMap { Int($0) }
    }

    private func place(of object: Object) -> Wave? {
        let number = Self.wave(of: object)
        let hook = Hook(of: object)
        guard number != nil || hook != nil else { return nil }
        let phase =
            switch hook?.phase {
            case .before: -1
            case .after: 1
            case .during, .onFailure, nil: 0
            }
        return Wave(phase: phase, number: number ?? 0)
    }

    /// Waves within an application. An object that says nothing is of wave 0, as Argo CD has it, but waits for earlier
    /// waves only where it makes pods: a ConfigMap that a Job of wave -1 reads must not wait for that Job.
    private func waves(_ members: [Int]) -> [ProposedEdge] {
        let stated = members.map { place(of: index.nodes[$0].object) }
        guard stated.contains(where: { $0 != nil }) else { return [] }
        let unordered: Set = ["Namespace", "CustomResourceDefinition"]
        var waiting: [Wave: [Int]] = [:]
        var awaited: [Wave: [Int]] = [:]
        for (member, wave) in zip(members, stated) {
            let node = index.nodes[member]
            guard wave != nil || !unordered.contains(node.id.kind) else { continue }
            let place = wave ?? Wave(phase: 0, number: 0)
            awaited[place, default: []].append(member)
            if wave != nil || node.template != nil { waiting[place, default: []].append(member) }
        }
        let places = awaited.keys.sorted()
        var found: [ProposedEdge] = []
        for (earlier, later) in zip(places, places.dropFirst()) {
            // A wave in which nothing waits would break the chain: those after it wait for the one before, too.
            for place in places where place >= later {
                var edge = ProposedEdge(
                    from: waiting[place] ?? [], to: awaited[earlier] ?? [], kind: .annotation,
                    reason: "sync-wave or hook: an earlier wave")
                edge.isOrderAlone = true
                found.append(edge)
                if waiting[place]?.count == awaited[place]?.count { break }
            }
        }
        return found
    }

    // MARK: kapp.k14s.io/change-group and change-rule

    private func changeRules(_ members: [Int]) -> [ProposedEdge] {
        var groups: [String: [Int]] = [:]
        for member in members {
            for name in values(of: "kapp.k14s.io/change-group", on: member) { groups[name, default: []].append(member) }
        }
        return members.flatMap { member in
            values(of: "kapp.k14s.io/change-rule", on: member).compactMap { rule -> ProposedEdge? in
                let words = rule.split(whereSeparator: \.isWhitespace).map(String.init)
                guard words.count == 4, words[0] == "upsert", words[2] == "upserting",
                    let group = groups[words[3]]?.filter({ $0 != member }), !group.isEmpty
                else { return nil }
                let reason = "kapp.k14s.io/change-rule: \(rule)"
                return switch words[1] {
                case "after": ProposedEdge(from: [member], to: group, kind: .annotation, reason: reason)
                case "before": ProposedEdge(from: group, to: [member], kind: .annotation, reason: reason)
                default: nil
                }
            }
        }
    }

    /// The values of an annotation and of its numbered forms (`change-rule.1`).
    func values(of key: String, on number: Int) -> [String] {
        index.nodes[number].object.annotations.pairs
            .filter { $0.key == key || $0.key.hasPrefix(key + ".") }
            .sorted { $0.key < $1.key }
            .compactMap { $0.value.string.map { Self.filled($0, for: index.nodes[number]) } }
    }

    /// kapp's placeholders in the name of a group ("Apply ordering").
    static func filled(_ text: String, for node: OrderIndex.Node) -> String {
        guard text.contains("{") else { return text }
        let spec = node.object["spec"]
        let values = [
            ("{api-group}", node.id.group), ("{kind}", node.id.kind), ("{name}", node.id.name),
            ("{namespace}", node.id.namespace), ("{crd-kind}", spec?["names"]?["kind"]?.string ?? ""),
            ("{crd-group}", spec?["group"]?.string ?? ""),
        ]
        return values.reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
