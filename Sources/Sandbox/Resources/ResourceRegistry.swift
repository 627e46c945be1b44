// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What is served: the built-in resources, and those of established CustomResourceDefinitions.
struct ResourceRegistry: Sendable {
    private let builtIn: [ResourceType]
    /// By the name of the definition.
    private var custom: [String: [ResourceType]] = [:]
    /// Counts the changes to what is served.
    private(set) var revision = 0

    init() {
        builtIn = BuiltInResources.table.split(separator: "\n").compactMap { ResourceType(line: $0) }
    }

    /// Built-in resources in discovery order, then custom ones by definition name.
    var all: [ResourceType] { builtIn + custom.sorted { $0.key < $1.key }.flatMap(\.value) }

    /// Groups with their versions (preferred first), in discovery order; the core group is left out.
    var groups: [(name: String, versions: [String])] {
        var result: [(name: String, versions: [String])] = []
        for type in all where !type.group.isEmpty {
            if let index = result.firstIndex(where: { $0.name == type.group }) {
                if !result[index].versions.contains(type.version) { result[index].versions.append(type.version) }
            } else {
                result.append((type.group, [type.version]))
            }
        }
        return result
    }

    func resources(group: String, version: String) -> [ResourceType] {
        all.filter { $0.group == group && $0.version == version }
    }

    func resource(group: String, version: String, plural: String) -> ResourceType? {
        let matches: (ResourceType) -> Bool = { $0.group == group && $0.version == version && $0.plural == plural }
        return builtIn.first(where: matches) ?? custom.values.lazy.flatMap(\.self).first(where: matches)
    }

    func resource(for kind: GroupVersionKind) -> ResourceType? { all.first { $0.groupVersionKind == kind } }

    /// The preferred version of a kind.
    func resource(for kind: GroupKind) -> ResourceType? {
        all.first { $0.group == kind.group && $0.kind == kind.kind }
    }

    /// Every kind that is stored, once, in discovery order.
    var storedKinds: [ResourceType] {
        var seen: Set<GroupKind> = []
        return all.filter { $0.verbs.contains("list") && seen.insert($0.storage).inserted }
    }

    func customType(_ kind: GroupKind) -> ResourceType? {
        custom.values.lazy.compactMap(\.first).first { $0.group == kind.group && $0.kind == kind.kind }
    }

    mutating func define(_ name: String, _ types: [ResourceType]) {
        custom[name] = types
        revision += 1
    }

    mutating func remove(_ name: String) {
        custom[name] = nil
        revision += 1
    }
}

extension ResourceRegistry {
    /// The definition that a custom kind comes from.
    func definitionName(of kind: GroupKind) -> String? {
        guard let type = customType(kind) else { return nil }
        return "\(type.plural).\(type.group)"
    }
}
