// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ResourceType {
    /// The versions of a definition, the preferred (newest) first; served ones only, or the others.
    static func types(of definition: Object, served: Bool = true) -> [ResourceType] {
        guard let spec = definition["spec"], let group = spec["group"]?.string,
            let plural = spec["names"]?["plural"]?.string, let kind = spec["names"]?["kind"]?.string
        else { return [] }
        let versions = (spec["versions"]?.array ?? []).filter { ($0["served"]?.bool == true) == served }
        return versions.compactMap { version -> ResourceType? in
            guard let name = version["name"]?.string else { return nil }
            var type = ResourceType(
                group: group, version: name, plural: plural,
                singular: spec["names"]?["singular"]?.string ?? kind.lowercased(), kind: kind,
                listKind: spec["names"]?["listKind"]?.string ?? kind + "List",
                namespaced: spec["scope"]?.string == "Namespaced",
                verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"])
            type.shortNames = strings(spec["names"]?["shortNames"])
            type.categories = strings(spec["names"]?["categories"])
            let scale = version["subresources"]?["scale"]
            func path(_ key: String) -> [String]? {
                scale?[key]?.string.map { $0.split(separator: ".").map(String.init) }
            }
            type.custom = CustomVersion(
                schema: version["schema"]?["openAPIV3Schema"] ?? [:],
                columns: version["additionalPrinterColumns"]?.array ?? [],
                deprecation: deprecation(of: version, name, in: spec),
                isStored: version["storage"]?.bool == true,
                specReplicasPath: path("specReplicasPath"), statusReplicasPath: path("statusReplicasPath"),
                labelSelectorPath: path("labelSelectorPath"))
            let verbs = ["get", "patch", "update"]
            if version["subresources"]?["status"] != nil {
                type.subresources.append(Subresource(name: "status", kind: kind, verbs: verbs))
            }
            if scale != nil { type.subresources.append(Subresource(name: "scale", kind: "Scale", verbs: verbs)) }
            return type
        }.sorted { precedes($0.version, $1.version) }
    }

    /// Source: defaultDeprecationWarning of apiextensions-apiserver's pkg/apiserver/customresource_handler.go.
    private static func deprecation(of version: Value, _ name: String, in spec: Value) -> String? {
        guard version["deprecated"]?.bool == true else { return nil }
        if let warning = version["deprecationWarning"]?.string { return warning }
        let group = spec["group"]?.string ?? ""
        let kind = spec["names"]?["kind"]?.string ?? ""
        let text = "\(group)/\(name) \(kind) is deprecated"
        let better = (spec["versions"]?.array ?? [])
            .filter { $0["served"]?.bool == true && $0["deprecated"]?.bool != true }
            .compactMap { $0["name"]?.string }.sorted(by: precedes)
        return better.first.map { "\(text); use \(group)/\($0) \(kind)" } ?? text
    }

    private static func strings(_ value: Value?) -> [String] { (value?.array ?? []).compactMap(\.string) }

    /// Kubernetes' version order: v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > anything else, by name.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (priority(left), priority(right))
        return a == b ? left < right : a > b
    }

    private static func priority(_ version: String) -> VersionPriority {
        guard let match = version.wholeMatch(of: /v([0-9]+)(?:(alpha|beta)([0-9]+))?/) else {
            return VersionPriority(stability: 0, major: 0, minor: 0)
        }
        let stability = match.2.map { $0 == "beta" ? 2 : 1 } ?? 3
        return VersionPriority(
            stability: stability, major: Int(match.1) ?? 0, minor: match.3.flatMap { Int($0) } ?? 0)
    }

    private struct VersionPriority: Comparable {
        var stability: Int
        var major: Int
        var minor: Int

        static func < (left: VersionPriority, right: VersionPriority) -> Bool {
            (left.stability, left.major, left.minor) < (right.stability, right.major, right.minor)
        }
    }
}
