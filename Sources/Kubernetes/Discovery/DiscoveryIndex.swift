// SPDX-License-Identifier: Apache-2.0

internal import Manifests

/// Every kind a server serves, found by version or by preference.
struct DiscoveryIndex: Sendable {
    private var byKind: [GroupVersionKind: APIResource] = [:]
    private var preferred: [GroupKind: APIResource] = [:]
    private(set) var all: [APIResource] = []
    /// Groups whose server did not answer: of them, not finding a kind means nothing.
    private(set) var unknownGroups: Set<String> = []

    func resource(for kind: GroupVersionKind) -> APIResource? { byKind[kind] }
    func preferredResource(for kind: GroupKind) -> APIResource? { preferred[kind] }

    /// The first version added of a group's kind is the preferred one.
    mutating func add(_ resource: APIResource) {
        guard byKind[resource.groupVersionKind] == nil else { return }
        byKind[resource.groupVersionKind] = resource
        if preferred[resource.groupKind] == nil { preferred[resource.groupKind] = resource }
        all.append(resource)
    }

    mutating func markUnknown(group: String) { unknownGroups.insert(group) }
}

/// The aggregated form (KEP-3352): one document each at `/api` and `/apis`.
enum AggregatedDiscovery {
    static let accept =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

    /// False when the document is the legacy one, which servers without the aggregated form answer with.
    static func add(_ document: Value, to index: inout DiscoveryIndex) -> Bool {
        guard document["kind"]?.string == "APIGroupDiscoveryList" else { return false }
        for item in document["items"]?.array ?? [] {
            let group = item["metadata"]?["name"]?.string ?? ""
            for version in item["versions"]?.array ?? [] {
                guard let name = version["version"]?.string else { continue }
                if version["freshness"]?.string == "Stale" { index.markUnknown(group: group) }
                for entry in version["resources"]?.array ?? [] {
                    if let resource = resource(entry, group: group, version: name) { index.add(resource) }
                }
            }
        }
        return true
    }

    private static func resource(_ entry: Value, group: String, version: String) -> APIResource? {
        // An entry without `responseKind` is only the parent of its subresources.
        guard let plural = entry["resource"]?.string, let kind = entry["responseKind"]?["kind"]?.string, !kind.isEmpty
        else { return nil }
        return APIResource(
            group: group, version: version, kind: kind, plural: plural,
            isNamespaced: entry["scope"]?.string == "Namespaced", verbs: strings(entry["verbs"]),
            subresources: (entry["subresources"]?.array ?? []).compactMap { $0["subresource"]?.string },
            shortNames: strings(entry["shortNames"]))
    }
}

/// The form before it: a list of groups, then a document for each of their versions.
enum LegacyDiscovery {
    struct GroupVersion: Sendable, Hashable {
        var group: String
        var version: String
        var path: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
    }

    /// From `/api` (`APIVersions`) or `/apis` (`APIGroupList`), each group's preferred version first.
    static func groupVersions(_ document: Value) -> [GroupVersion] {
        if document["kind"]?.string == "APIVersions" {
            return strings(document["versions"]).map { GroupVersion(group: "", version: $0) }
        }
        return (document["groups"]?.array ?? []).flatMap { group -> [GroupVersion] in
            let name = group["name"]?.string ?? ""
            let preferred = group["preferredVersion"]?["version"]?.string
            let versions = (group["versions"]?.array ?? []).compactMap { $0["version"]?.string }
            let ordered = versions.filter { $0 == preferred } + versions.filter { $0 != preferred }
            return ordered.map { GroupVersion(group: name, version: $0) }
        }
    }

    static func add(_ document: Value, of groupVersion: GroupVersion, to index: inout DiscoveryIndex) {
        let entries = document["resources"]?.array ?? []
        var subresources: [String: [String]] = [:]
        for entry in entries {
            let parts = (entry["name"]?.string ?? "").split(separator: "/", maxSplits: 1).map(String.init)
            if parts.count == 2 { subresources[parts[0], default: []].append(parts[1]) }
        }
        for entry in entries {
            guard let plural = entry["name"]?.string, !plural.contains("/"), let kind = entry["kind"]?.string
            else { continue }
            index.add(
                APIResource(
                    group: groupVersion.group, version: groupVersion.version, kind: kind, plural: plural,
                    isNamespaced: entry["namespaced"]?.bool ?? false, verbs: strings(entry["verbs"]),
                    subresources: subresources[plural] ?? [], shortNames: strings(entry["shortNames"])))
        }
    }
}

private func strings(_ value: Value?) -> [String] { (value?.array ?? []).compactMap(\.string) }
