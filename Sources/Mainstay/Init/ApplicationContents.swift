// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning
internal import Reconciler

/// What an application consists of, over its environments: its images and where they are built, what it answers.
struct ApplicationContents {
    private(set) var summary = ""
    private(set) var images: [PipelineProposal.Image] = []
    private(set) var checks: [PipelineProposal.Check] = []
    private(set) var hooks: [String] = []
    private(set) var remarks: [String] = []

    private static let checkLimit = 10

    init(units: [(environment: String, manifests: [Manifest])], folders: ImageFolders, environments: [String]) {
        summary = Self.summary(of: units.first?.manifests ?? [])
        var tags: [(name: String, tags: [String])] = []
        for manifest in units.flatMap(\.manifests) {
            for container in Self.containers(of: manifest.object) {
                guard let reference = container["image"]?.string, !reference.isEmpty else { continue }
                let (name, tag) = Self.split(reference)
                let place = tags.firstIndex { $0.name == name }
                if let place {
                    if !tags[place].tags.contains(tag) { tags[place].tags.append(tag) }
                } else {
                    tags.append((name, [tag]))
                }
            }
        }
        images = tags.map { name, tags in
            PipelineProposal.Image(
                name: name, folder: folders.folder(of: name),
                isOpen: tags.allSatisfy { Self.isOpen($0, environments) }, tags: tags.filter { !$0.isEmpty })
        }
        let unknown = images.filter { $0.folder == nil && $0.isOpen }.map(\.name)
        if !unknown.isEmpty {
            remarks.append(
                "no manifest says which version of \(unknown.joined(separator: ", ")) is meant, and no folder that it is built "
                    + "from was found: state tags, or add an entry under images")
        }
        let scripted = images.filter { $0.folder != nil && $0.tags.contains { $0.contains("$") } }.map(\.name)
        if !scripted.isEmpty {
            remarks.append(
                "a tag with a $ is not replaced by an entry under images, as kustomize does not replace it: write a plain one, "
                    + "such as TAG, for \(scripted.joined(separator: ", "))")
        }
        checks = Self.checks(units.map(\.manifests))
        hooks = Self.hooks(units.map(\.manifests))
    }

    /// `3 Services, 2 Deployments, Ingress`.
    private static func summary(of manifests: [Manifest]) -> String {
        let counts = Dictionary(grouping: manifests, by: \.object.kind).mapValues(\.count)
        let kinds = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { kind, count in
            guard count > 1 else { return kind }
            if kind.hasSuffix("y") { return "\(count) \(kind.dropLast())ies" }
            return "\(count) \(kind)\(kind.hasSuffix("s") ? "es" : "s")"
        }
        return kinds.prefix(8).joined(separator: ", ") + (kinds.count > 8 ? ", …" : "")
    }

    static func containers(of object: Object) -> [Value] {
        let spec = object.podSpecification
        return (spec?["initContainers"]?.array ?? []) + (spec?["containers"]?.array ?? [])
    }

    private static func split(_ reference: String) -> (name: String, tag: String) {
        let name = reference.prefix { $0 != "@" }
        guard name.endIndex == reference.endIndex else { return (String(name), "@") }
        let last = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        guard let colon = name[last...].firstIndex(of: ":") else { return (reference, "") }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }

    /// Whether a tag is one that moves: none, or words such as `latest`, `staging-latest` and `main`; or one that a script
    /// was to fill in.
    private static func isOpen(_ tag: String, _ environments: [String]) -> Bool {
        if ImageName.isPlaceholder(tag) { return true }
        let moving =
            ["latest", "main", "master", "head", "edge", "nightly", "current"] + EnvironmentPath.ladder + environments
        return EnvironmentPath.words(tag).allSatisfy { moving.contains($0) } && tag != "@"
    }

    /// Of all environments, since a hook that one of them has not is a mistake there; what saves data before what
    /// changes it.
    private static func hooks(_ units: [[Manifest]]) -> [String] {
        let each = units.map { $0.filter(HookReview.isLikelyMeant).sorted { $0.place < $1.place }.map(\.id.name) }
        var names: [String] = []
        for name in each.first ?? [] where !names.contains(name) && each.allSatisfy({ $0.contains(name) }) {
            names.append(name)
        }
        return names.filter { $0.contains("backup") } + names.filter { !$0.contains("backup") }
    }

    // MARK: Checks

    /// What readiness probes ask, asked through the Service: where it is the same in all environments.
    private static func checks(_ units: [[Manifest]]) -> [PipelineProposal.Check] {
        let each = units.map { manifests in manifests.flatMap { checks(of: $0, among: manifests) } }
        let first = each.first ?? []
        return Array(first.filter { check in each.allSatisfy { $0.contains(check) } }.prefix(checkLimit))
    }

    private static func checks(of service: Manifest, among manifests: [Manifest]) -> [PipelineProposal.Check] {
        guard service.id.kind == "Service" else { return [] }
        if service.id.group == "serving.knative.dev" {
            return containers(of: service.object).compactMap { probe(of: $0) }.prefix(1).map {
                PipelineProposal.Check(service: service.id.name, port: nil, path: $0.path, send: $0.send)
            }
        }
        guard service.id.group.isEmpty, let selector = service.object.value(at: "spec", "selector")?.object,
            !selector.isEmpty
        else { return [] }
        for manifest in manifests {
            let labels = manifest.object.value(at: "spec", "template", "metadata", "labels")
            guard selector.pairs.allSatisfy({ labels?[$0.key] == $0.value }) else { continue }
            for container in containers(of: manifest.object) {
                guard let probe = probe(of: container),
                    let port = port(of: service.object, leadingTo: probe.port, of: container)
                else { continue }
                return [
                    PipelineProposal.Check(service: service.id.name, port: port, path: probe.path, send: probe.send)
                ]
            }
        }
        return []
    }

    private static func probe(of container: Value) -> (path: String, port: Value?, send: [Application.SentHeader])? {
        for name in ["readinessProbe", "livenessProbe"] {
            guard let get = container[name]?["httpGet"], let path = get["path"]?.string, path.hasPrefix("/"),
                get["scheme"]?.string != "HTTPS"
            else { continue }
            let send = (get["httpHeaders"]?.array ?? []).map { header in
                Application.SentHeader(name: header["name"]?.string ?? "", value: header["value"]?.string ?? "")
            }
            // What a check may not send is left to people.
            guard send.allSatisfy({ $0.problem == nil }), Set(send.map { $0.name.lowercased() }).count == send.count
            else {
                continue
            }
            return (path, get["port"], send)
        }
        return nil
    }

    /// The Service's port behind which a container's port is, whichever way both are written.
    private static func port(of service: Object, leadingTo probed: Value?, of container: Value) -> String? {
        let ports = container["ports"]?.array ?? []
        func number(_ port: Value?) -> Int64? {
            if let number = port?.integer { return number }
            return ports.first { $0["name"] == port }?["containerPort"]?.integer
        }
        guard let wanted = number(probed) else { return nil }
        for port in service.value(at: "spec", "ports")?.array ?? [] {
            guard number(port["targetPort"] ?? port["port"]) == wanted, let own = port["port"]?.integer else {
                continue
            }
            return String(own)
        }
        return nil
    }
}
