// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests

/// What a repository holds that may be of interest to a deployment, wherever it is: read file by file, and nothing of it
/// rendered.
struct RepositoryScan: Sendable {
    struct File: Sendable {
        var path: String
        var manifests: [Manifest]
    }

    struct Kustomization: Sendable {
        /// The folder that it makes one.
        var folder: String
        var isComponent: Bool
        /// What it takes in, files and folders.
        var references: [String]
        /// It does nothing but that.
        var isPlain: Bool
    }

    /// Files of manifests and nothing else, in the order of their paths.
    private(set) var files: [File] = []
    private(set) var kustomizations: [Kustomization] = []
    /// Folders with a Dockerfile, or a Containerfile.
    private(set) var imageFolders: [String] = []
    /// All folders.
    private(set) var folders: Set<String> = []
    private(set) var charts: [String] = []
    /// Files that look like YAML and cannot be read, with why.
    private(set) var unreadable: [(path: String, why: String)] = []
    /// There is more than was looked at.
    private(set) var isCut = false

    private static let entryLimit = 50_000
    private static let fileLimit = 5000
    private static let fileBytes = 1 << 20
    private static let depthLimit = 16
    /// What holds other people's files, or what is made.
    private static let skipped: Set = [
        "node_modules", "vendor", "__pycache__", "venv", "target", "dist", "third_party",
    ]

    /// - Throws: `FileTreeError` where the root itself cannot be read.
    init(_ tree: any FileTree) throws {
        var entries = 0
        var waiting = [""]
        while let folder = waiting.popLast() {
            guard entries < Self.entryLimit else {
                isCut = true
                break
            }
            let children: [FileTreeEntry]
            do {
                children = try tree.children(of: folder)
            } catch {
                guard !folder.isEmpty else { throw error }
                unreadable.append((folder, "\(error)"))
                continue
            }
            entries += children.count
            let isChart = children.contains { $0.name == "Chart.yaml" }
            if isChart { charts.append(folder) }
            var below: [String] = []
            for child in children {
                let path = folder.isEmpty ? child.name : "\(folder)/\(child.name)"
                switch child.kind {
                case .directory:
                    guard !child.name.hasPrefix("."), !Self.skipped.contains(child.name), !isChart else { continue }
                    folders.insert(path)
                    let isDeep = path.split(separator: "/").count >= Self.depthLimit
                    if isDeep { isCut = true } else { below.append(path) }
                case .file: read(child.name, path, folder, tree)
                case .symbolicLink, .submodule: continue
                }
            }
            // In the order of their names, depth first.
            waiting += below.reversed()
        }
    }

    private mutating func read(_ name: String, _ path: String, _ folder: String, _ tree: any FileTree) {
        if name.hasPrefix("Dockerfile") || name.hasPrefix("Containerfile") {
            if imageFolders.last != folder { imageFolders.append(folder) }
            return
        }
        let isKustomization = Renderer.kustomizationFileNames.contains(name)
        guard isKustomization || [".yaml", ".yml", ".json"].contains(where: { name.hasSuffix($0) }),
            !name.hasPrefix("."), path != GitSource.pipelineFile
        else { return }
        guard files.count < Self.fileLimit else {
            isCut = true
            return
        }
        do {
            let bytes = try tree.contents(of: path, limit: Self.fileBytes)
            let documents = try YAML.documents(bytes, file: path, limits: YAML.Limits(bytes: Self.fileBytes))
            if isKustomization {
                guard let node = documents.first?.node else { return }
                kustomizations.append(
                    Kustomization(
                        folder: folder, isComponent: node["kind"]?.value.string == "Component",
                        references: Self.references(of: node.value, in: folder), isPlain: Self.isPlain(node.value)))
                return
            }
            let nodes = documents.map(\.node).filter { !$0.isNull }
            guard !nodes.isEmpty, nodes.allSatisfy(Self.isManifest) else { return }
            files.append(File(path: path, manifests: try ManifestReader.manifests(bytes, file: path)))
        } catch {
            // A template, or JSON with comments, is nobody's manifest.
            if !name.hasSuffix(".json") { unreadable.append((path, "\(error)")) }
        }
    }

    private static func isPlain(_ value: Value) -> Bool {
        let resources = value["resources"]?.array ?? []
        return (value.object?.keys ?? []).allSatisfy { ["apiVersion", "kind", "metadata", "resources"].contains($0) }
            && !resources.contains { $0.string?.contains("://") ?? true }
    }

    private static func references(of value: Value, in folder: String) -> [String] {
        ["resources", "bases", "components"].flatMap { value[$0]?.array ?? [] }.compactMap { entry in
            guard let text = entry.string, !text.contains("://") else { return nil }
            var parts = folder.split(separator: "/").map(String.init)
            for part in text.split(separator: "/") where part != "." {
                if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
            }
            return parts.joined(separator: "/")
        }
    }

    private static func isManifest(_ node: YAMLNode) -> Bool {
        guard let version = node["apiVersion"]?.value.string, node["kind"]?.value.string != nil else { return false }
        // What tools read and no cluster serves.
        return !["kustomize.config.k8s.io/", "mainstay.dev/", "skaffold/", "helm."].contains { version.hasPrefix($0) }
    }

    /// Every CustomResourceDefinition.
    var definitions: [Manifest] {
        files.flatMap(\.manifests).filter { $0.object.kind == "CustomResourceDefinition" }
    }
}
