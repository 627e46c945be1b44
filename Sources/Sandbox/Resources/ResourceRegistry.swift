// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What is served: the built-in resources, and those of established CustomResourceDefinitions.
struct ResourceRegistry: Sendable {
    private let builtIn: [ResourceType]
    /// By what they are stored as.
    private let builtInVersions: [GroupKind: [ResourceType]]
    /// By the name of the definition.
    private var custom: [String: [ResourceType]] = [:]
    /// Versions of definitions that are converted to but not served, by the name of the definition.
    private var unserved: [String: [ResourceType]] = [:]
    /// Counts the changes to what is served.
    private(set) var revision = 0

    /// Built-in resources in discovery order, then custom ones by group and definition name.
    private(set) var all: [ResourceType] = []
    /// Indices of `all`; of several versions of a kind, the preferred one.
    private var byVersion: [GroupVersionKind: Int] = [:]
    private var byKind: [GroupKind: Int] = [:]
    private var byPath: [String: Int] = [:]

    init() {
        builtIn = BuiltInResources.table.split(separator: "\n").compactMap { ResourceType(line: $0) }
        builtInVersions = Dictionary(grouping: builtIn, by: \.storage)
        index()
    }

    private mutating func index() {
        let defined = custom.sorted { ($0.value.first?.group ?? "", $0.key) < ($1.value.first?.group ?? "", $1.key) }
        all = builtIn + defined.flatMap(\.value)
        let entries = all.enumerated()
        byVersion = Dictionary(entries.map { ($1.groupVersionKind, $0) }) { first, _ in first }
        byKind = Dictionary(entries.map { ($1.groupVersionKind.groupKind, $0) }) { first, _ in first }
        byPath = Dictionary(entries.map { (Self.path($1.group, $1.version, $1.plural), $0) }) { first, _ in first }
    }

    private static func path(_ group: String, _ version: String, _ plural: String) -> String {
        "\(group)/\(version)/\(plural)"
    }

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
        byPath[Self.path(group, version, plural)].map { all[$0] }
    }

    func resource(for kind: GroupVersionKind) -> ResourceType? { byVersion[kind].map { all[$0] } }

    /// The preferred version of a kind.
    func resource(for kind: GroupKind) -> ResourceType? { byKind[kind].map { all[$0] } }

    /// Every kind that is stored, once, in discovery order.
    var storedKinds: [ResourceType] {
        var seen: Set<GroupKind> = []
        return all.filter { $0.verbs.contains("list") && seen.insert($0.storage).inserted }
    }

    func customType(_ kind: GroupKind) -> ResourceType? {
        resource(for: kind).flatMap { $0.custom == nil ? nil : $0 }
    }

    /// Every version of what is stored as a kind, served or not.
    func versions(of kind: GroupKind) -> [ResourceType] {
        if let name = definitionName(of: kind) { return (custom[name] ?? []) + (unserved[name] ?? []) }
        return builtInVersions[kind] ?? []
    }

    mutating func define(_ name: String, _ types: [ResourceType], unserved others: [ResourceType] = []) {
        custom[name] = types
        unserved[name] = others
        revision += 1
        index()
    }

    mutating func remove(_ name: String) {
        guard custom.removeValue(forKey: name) != nil else { return }
        unserved[name] = nil
        revision += 1
        index()
    }
}

extension ResourceRegistry {
    /// The definition that a custom kind comes from.
    func definitionName(of kind: GroupKind) -> String? {
        guard let type = customType(kind) else { return nil }
        return "\(type.plural).\(type.group)"
    }
}
