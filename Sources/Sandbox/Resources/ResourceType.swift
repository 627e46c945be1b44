// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One served resource: a plural in a group and version, as discovery lists it.
struct ResourceType: Sendable {
    struct Subresource: Sendable {
        var name: String
        var kind: String
        var verbs: [String]
    }

    var group: String
    var version: String
    var plural: String
    var singular: String
    var kind: String
    var listKind: String
    var namespaced: Bool
    var verbs: [String]
    var shortNames: [String] = []
    var categories: [String] = []
    var storageVersionHash: String?
    var subresources: [Subresource] = []
    /// The definition's version entry, for a custom resource.
    var custom: CustomVersion?

    var groupVersionKind: GroupVersionKind { GroupVersionKind(group: group, version: version, kind: kind) }
    var apiVersion: String { groupVersionKind.apiVersion }

    /// Where objects are stored: Events of both groups are the same objects.
    var storage: GroupKind {
        group == "events.k8s.io" ? GroupKind(group: "", kind: kind) : GroupKind(group: group, kind: kind)
    }

    /// `deployments.apps`, or `pods`: how messages name the resource.
    var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }
    /// `Deployment.apps`: how validation messages name the kind.
    var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

    /// Objects of the kind are stored in this version. A built-in kind prefers the one that it serves first.
    var isStorageVersion: Bool { custom?.isStored ?? true }

    func subresource(_ name: String) -> Subresource? { subresources.first { $0.name == name } }
    var hasStatus: Bool { subresource("status") != nil }
}

/// What a CustomResourceDefinition says about one version.
struct CustomVersion: Sendable {
    var schema: Value
    var columns: [Value]
    /// What is said to everybody who uses the version.
    var deprecation: String?
    /// What is written is written in this version.
    var isStored: Bool
    var specReplicasPath: [String]?
    var statusReplicasPath: [String]?
    var labelSelectorPath: [String]?
}

extension ResourceType {
    /// From a line of `BuiltInResources.table`.
    init?(line: Substring) {
        let parts = line.split(separator: " ").map(String.init)
        guard parts.count == 9 else { return nil }
        func list(_ text: String) -> [String] { text == "-" ? [] : text.split(separator: ",").map(String.init) }
        func verbs(_ text: String) -> [String] {
            switch text {
            case "*": Self.allVerbs
            case "gpu": ["get", "patch", "update"]
            default: list(text)
            }
        }
        let groupVersion = GroupVersionKind(apiVersion: parts[0], kind: parts[2])
        self.init(
            group: groupVersion.group, version: groupVersion.version, plural: parts[1], singular: parts[2].lowercased(),
            kind: parts[2], listKind: parts[2] + "List", namespaced: parts[3] == "N", verbs: verbs(parts[4]),
            shortNames: list(parts[5]), categories: list(parts[6]),
            storageVersionHash: parts[7] == "-" ? nil : parts[7])
        guard parts[8] != "-" else { return }
        subresources = parts[8].split(separator: ";").compactMap { entry in
            let fields = entry.split(separator: ":").map(String.init)
            return fields.count == 3 ? Subresource(name: fields[0], kind: fields[1], verbs: verbs(fields[2])) : nil
        }
    }

    static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
}
