// SPDX-License-Identifier: Apache-2.0

import Manifests

/// `buildMetadata`: what a build writes into its objects about itself. Only the outermost kustomization's counts, and
/// words that kustomize does not know it overlooks.
struct BuildMetadata: Sendable, Equatable {
    /// `config.kubernetes.io/origin`: the file, or the generator, that an object comes from.
    var tracksOrigins = false
    /// `alpha.config.kubernetes.io/transformations`: the transformers that an object went through.
    var tracksTransformations = false
    /// `app.kubernetes.io/managed-by`.
    var labelsManager = false

    /// Whether kustomize knows where objects come from: it does as soon as it is told anything here, and keeps notes of it.
    var isTracking = false

    static let originKey = "config.kubernetes.io/origin"
    static let transformationsKey = "alpha.config.kubernetes.io/transformations"
    /// The version whose builds these are.
    static let manager = "kustomize-v5.8.1"

    init() {}

    init(_ options: [String]) {
        isTracking = !options.isEmpty
        tracksOrigins = options.contains("originAnnotations")
        tracksTransformations = options.contains("transformerAnnotations")
        labelsManager = options.contains("managedByLabel")
    }

    /// Writes it into a finished object, and takes out what kustomize keeps there for itself.
    ///
    /// - Parameter root: the folder that is built, from which paths are told.
    func finish(_ resource: inout Resource, root: String) {
        if labelsManager {
            resource.object.set(.string(Self.manager), at: "metadata", "labels", "app.kubernetes.io/managed-by")
        }
        var annotations = Object(
            uniqueKeysWithValues: resource.object.annotations.pairs.compactMap { pair in
                guard !Self.isInternal(pair.key) else { return nil }
                // All pass through a map of strings.
                return Object.Pair(key: pair.key, value: .string(pair.value.scalarText ?? ""))
            })
        if !tracksOrigins {
            annotations[Self.originKey] = nil
        } else if let provenance = resource.provenance {
            annotations[Self.originKey] = .string(provenance.text(from: root))
        }
        if !tracksTransformations {
            annotations[Self.transformationsKey] = nil
        } else if !resource.transformations.isEmpty {
            let entries = resource.transformations.map { "- " + $0.text(from: root).indentingFollowingLines(by: 2) }
            annotations[Self.transformationsKey] = .string(entries.joined())
        }
        guard resource.object["metadata"]?["annotations"] != nil || !annotations.isEmpty else { return }
        // Kustomize keeps notes in annotations while it builds, and takes them out with an empty map.
        resource.object.set(annotations.isEmpty ? nil : .object(annotations), at: "metadata", "annotations")
    }

    /// True for an object that carries kustomize's own note for generated ones.
    static func asksForHash(_ object: Object) -> Bool {
        object.annotations["internal.config.kubernetes.io/needsHashSuffix"]?.string == "enabled"
    }

    /// Notes of kustomize's own, which no output holds.
    private static func isInternal(_ key: String) -> Bool { internalKeys.contains(key) }

    private static let internalKeys: Set<String> = Set(
        [
            "allowKindChange", "allowNameChange", "annotations-migration-resource-id", "generatorBehavior", "id",
            "index",
            "needsHashSuffix", "path", "prefixes", "previousKinds", "previousNames", "previousNamespaces", "refBy",
            "seqindent", "suffixes",
        ].map { "internal.config.kubernetes.io/\($0)" }
            + ["config.kubernetes.io/index", "config.kubernetes.io/path", "config.k8s.io/id"])
}

/// Where an object comes from, or what changed it.
struct Provenance: Sendable, Hashable {
    /// The file that holds the object, or that configures the plugin.
    var file: String
    /// The plugin's kind, where one made or changed the object; a name where it has a configuration of its own.
    var plugin: Plugin?

    struct Plugin: Sendable, Hashable {
        var apiVersion = "builtin"
        var kind: String
        var name = ""
        var namespace = ""
    }

    init(file: String, plugin: Plugin? = nil) {
        self.file = file
        self.plugin = plugin
    }

    /// A plugin with a configuration of its own.
    init(configuration: Resource) {
        let object = configuration.object
        self.init(
            file: configuration.origin.file,
            plugin: Plugin(
                apiVersion: object.apiVersion, kind: object.kind, name: object.name, namespace: object.namespace))
    }

    /// YAML as kustomize writes it.
    func text(from root: String) -> String {
        let path = TreePath.relative(file, from: root)
        guard let plugin else { return "path: \(path)\n" }
        var lines = [
            "configuredIn: \(path)", "configuredBy:", "  apiVersion: \(plugin.apiVersion)", "  kind: \(plugin.kind)",
        ]
        if !plugin.name.isEmpty { lines.append("  name: \(plugin.name)") }
        if !plugin.namespace.isEmpty { lines.append("  namespace: \(plugin.namespace)") }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension String {
    fileprivate func indentingFollowingLines(by count: Int) -> String {
        let lines = split(separator: "\n")
        return lines.enumerated().map {
            ($0.offset == 0 ? "" : String(repeating: " ", count: count)) + $0.element + "\n"
        }
        .joined()
    }
}

extension Builder {
    /// The transformer of a kustomization's own for one of its fields or entries, so many times.
    static func transformer(_ kind: String, _ count: Int, of kustomization: Kustomization) -> [Provenance] {
        let plugin = Provenance.Plugin(kind: kind)
        return Array(repeating: Provenance(file: kustomization.file, plugin: plugin), count: count)
    }
}
