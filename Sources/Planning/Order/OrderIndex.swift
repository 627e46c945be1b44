// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What an order is of. Hooks for failures are in none of a rollout, and have one of their own; what goes, goes with them.
package enum OrderPart: Sendable {
    case rollout, failureHooks, everything
}

/// The nodes of a graph by number, and what looking them up needs.
struct OrderIndex {
    struct Node {
        var id: ObjectID
        var target: TargetID
        var object: Object
        /// Among what it was rendered with.
        var place: Int
        var template: PodTemplate?
    }

    private struct Label: Hashable {
        var namespace: String
        var key: String
        var value: String
    }

    /// Sorted by identity, each identity once.
    let nodes: [Node]
    private let numbers: [ObjectID: Int]
    /// Runs of hooks by the hook's name in git.
    private var runs: [ObjectID: Int] = [:]
    /// What is no part of this order, by both names: hooks for failures where it is that of a rollout.
    private let others: Set<ObjectID>
    /// The nodes of each target, ascending.
    private(set) var members: [TargetID: [Int]] = [:]
    private(set) var workloads: [Int] = []
    private var workloadsByLabel: [Label: [Int]] = [:]
    private var workloadsByNamespace: [String: [Int]] = [:]
    private var definitions: [GroupKind: Int] = [:]

    init(_ orderNodes: [OrderNode], _ part: OrderPart) {
        func isMeant(_ node: OrderNode) -> Bool {
            let isForFailure = Hook(of: node.manifest.object)?.phase == .onFailure
            return switch part {
            case .rollout: !isForFailure
            case .failureHooks: isForFailure
            case .everything: true
            }
        }
        others = Set(
            orderNodes.filter { !isMeant($0) && Hook(of: $0.manifest.object) != nil }
                .flatMap { [$0.manifest.id, Hook.identity(of: $0.manifest.object)].compactMap { $0 } })
        // Where two targets render the same object, the first by name keeps it: ownership is settled elsewhere.
        let sorted = orderNodes.filter(isMeant)
            .map { (id: $0.manifest.id, node: $0) }
            .sorted { ($0.id, $0.node.target) < ($1.id, $1.node.target) }
        var nodes: [Node] = []
        var numbers: [ObjectID: Int] = [:]
        for (id, node) in sorted where numbers[id] == nil {
            numbers[id] = nodes.count
            let object = node.manifest.object
            nodes.append(
                Node(
                    id: id, target: node.target, object: object, place: node.manifest.place,
                    template: PodTemplate(of: object)))
        }
        self.nodes = nodes
        self.numbers = numbers
        for (number, node) in nodes.enumerated() {
            members[node.target, default: []].append(number)
            if let hook = Hook.identity(of: node.object), runs[hook] == nil { runs[hook] = number }
            if let template = node.template {
                workloads.append(number)
                workloadsByNamespace[node.id.namespace, default: []].append(number)
                for pair in template.labels.pairs {
                    guard let value = pair.value.string else { continue }
                    workloadsByLabel[Label(namespace: node.id.namespace, key: pair.key, value: value), default: []]
                        .append(number)
                }
            }
            if node.id.kind == "CustomResourceDefinition",
                let kind = node.object.value(at: "spec", "names", "kind")?.string
            {
                let group = node.object.value(at: "spec", "group")?.string ?? ""
                definitions[GroupKind(group: group, kind: kind)] = number
            }
        }
    }

    func number(of id: ObjectID) -> Int? { numbers[id] }

    /// By the name that people know: a hook's run has another one than the hook has in git.
    func number(named id: ObjectID) -> Int? { numbers[id] ?? runs[id] }

    /// A hook that another order has.
    func isElsewhere(_ id: ObjectID) -> Bool { others.contains(id) }

    func number(group: String = "", kind: String, namespace: String = "", name: String) -> Int? {
        numbers[ObjectID(group: group, kind: kind, namespace: namespace, name: name)]
    }

    /// The CustomResourceDefinition of a kind.
    func definition(of kind: GroupKind) -> Int? { definitions[kind] }

    /// The targets' names in order.
    var targets: [TargetID] { members.keys.sorted() }

    /// What a target's dependents wait for: its workloads, or everything where it has none. Runs of hooks come and go.
    func gate(of target: TargetID) -> [Int] {
        let all = (members[target] ?? []).filter { Hook(of: nodes[$0].object) == nil }
        let workloads = all.filter { nodes[$0].template != nil }
        return workloads.isEmpty ? all : workloads
    }

    /// The workloads of a namespace whose pods carry all these labels. None for an empty map: a Service without a
    /// selector selects nothing.
    func workloads(in namespace: String, matching labels: Object) -> [Int] {
        var shortest: [Int]?
        for pair in labels.pairs {
            guard let value = pair.value.string else { return [] }
            let found = workloadsByLabel[Label(namespace: namespace, key: pair.key, value: value)] ?? []
            if shortest.map({ found.count < $0.count }) ?? true { shortest = found }
        }
        return (shortest ?? []).filter { number in
            guard let own = nodes[number].template?.labels else { return false }
            return labels.pairs.allSatisfy { own[$0.key] == $0.value }
        }
    }

    /// The workloads of a namespace that a label selector chooses; an empty one chooses all (policy/v1).
    func workloads(in namespace: String, selectedBy selector: Object) -> [Int] {
        let labels = selector["matchLabels"]?.object ?? Object()
        let candidates =
            labels.isEmpty ? workloadsByNamespace[namespace] ?? [] : workloads(in: namespace, matching: labels)
        let expressions = selector["matchExpressions"]?.array ?? []
        return candidates.filter { number in
            expressions.allSatisfy { Self.satisfies(nodes[number].template?.labels ?? Object(), $0) }
        }
    }

    private static func satisfies(_ labels: Object, _ expression: Value) -> Bool {
        let value = labels[expression["key"]?.string ?? ""]
        let values = expression["values"]?.array ?? []
        return switch expression["operator"]?.string {
        case "In": value.map(values.contains) ?? false
        case "NotIn": !(value.map(values.contains) ?? false)
        case "Exists": value != nil
        case "DoesNotExist": value == nil
        default: false
        }
    }
}
