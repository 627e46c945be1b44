// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What to render.
package struct RenderRequest: Sendable {
    /// A manifest file, a folder of manifests, or a folder with a kustomization; relative to the tree's root, which is
    /// the empty string or `.`.
    package var path: String
    /// The namespace of namespaced objects that state none.
    package var namespace: String?
    /// Changes of images, applied to all objects after everything else.
    package var images: [ImageOverride]

    package init(path: String, namespace: String? = nil, images: [ImageOverride] = []) {
        self.path = path
        self.namespace = namespace
        self.images = images
    }
}

/// What a render gave.
package struct Rendered: Sendable {
    /// A kustomization's objects in kustomize's order, others in the order of files and documents; no object twice.
    package var manifests: [Manifest]
    /// Every path looked at, found or not, in order of first read, unique.
    package var reads: [TreeRead]
    package var warnings: [RenderWarning]

    package init(manifests: [Manifest], reads: [TreeRead], warnings: [RenderWarning]) {
        self.manifests = manifests
        self.reads = reads
        self.warnings = warnings
    }
}

/// Turns files of a tree into the objects that should exist. Reads the tree and nothing else, synchronously.
///
/// A folder without a kustomization gives the `*.yaml`, `*.yml` and `*.json` files directly in it, sorted by name, as
/// `kubectl apply -f` does: folders within it are other people's.
package enum Renderer {
    /// A folder that holds one of these is a kustomization.
    package static let kustomizationFileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// Builds a file, a folder or a kustomization: for a kustomization, what `kubectl kustomize` prints.
    ///
    /// - Parameter cache: what earlier renders of the same repository gave; only for trees whose ids identify contents.
    /// - Throws: everything that is wrong, at once; of more than a thousand problems the first thousand.
    package static func build(
        _ path: String, from tree: any FileTree, limits: RenderLimits = RenderLimits(),
        cache: RenderCache = RenderCache()
    ) throws(RenderErrors) -> Rendered {
        try run(path, from: tree, limits: limits, cache: cache) { manifests, _ in manifests }
    }

    /// Builds what an application consists of, and finishes it for the cluster: image overrides, the default namespace,
    /// Secrets in their stored form, no object twice.
    package static func render(
        _ request: RenderRequest, from tree: any FileTree, limits: RenderLimits = RenderLimits(),
        cache: RenderCache = RenderCache()
    ) throws(RenderErrors) -> Rendered {
        try run(request.path, from: tree, limits: limits, cache: cache) { manifests, builder in
            var finisher = Finisher(request: request)
            let finished = finisher.finish(manifests)
            builder.problems += finisher.problems
            builder.warnings += finisher.warnings
            return finished
        }
    }

    private static func run(
        _ path: String, from tree: any FileTree, limits: RenderLimits, cache: RenderCache,
        finish: ([Manifest], inout Builder) -> [Manifest]
    ) throws(RenderErrors) -> Rendered {
        var builder = Builder(reader: TreeReader(tree, limits: limits), limits: limits, cache: cache)
        var manifests: [Manifest] = []
        do throws(RenderError) {
            manifests = try load(path, with: &builder)
        } catch {
            builder.problems.append(error)
        }
        if builder.problems.isEmpty { manifests = finish(manifests, &builder) }
        let reads = builder.reader.reads
        guard builder.problems.isEmpty else {
            // A base with a problem may be named by several overlays: one mention is enough.
            var seen: Set<RenderError> = []
            let problems = builder.problems.filter { seen.insert($0).inserted }
            throw RenderErrors(Array(problems.prefix(1000)), reads: reads)
        }
        return Rendered(manifests: manifests, reads: reads, warnings: builder.warnings)
    }

    private static func load(_ reference: String, with builder: inout Builder) throws(RenderError) -> [Manifest] {
        let path = reference.isEmpty ? "" : try TreeReader.path(reference, from: "", namedIn: reference, at: nil)
        switch try builder.reader.kind(at: path) {
        case nil: throw RenderError(.notFound, file: path, "is not in the repository")
        case .file where kustomizationFileNames.contains(TreePath.name(of: path)):
            return builder.build(kustomization: path).map(manifest)
        case .file:
            let manifests = try builder.manifests(of: path, dialect: .kubectl)
            return builder.admit(manifests.count, from: path) ? placed(manifests) : []
        case .folder:
            if let file = try builder.kustomizationFile(in: path) {
                return builder.build(kustomization: file).map(manifest)
            }
            return try plainFolder(path, with: &builder)
        }
    }

    private static func plainFolder(_ folder: String, with builder: inout Builder) throws(RenderError) -> [Manifest] {
        var manifests: [Manifest] = []
        var isEmpty = true
        for child in try builder.reader.children(of: folder) where isManifest(child) {
            isEmpty = false
            let path = TreePath.join(folder, child.name)
            do throws(RenderError) {
                let more = try builder.manifests(of: path, dialect: .kubectl)
                guard builder.admit(more.count, from: path) else { break }
                manifests += more
            } catch {
                builder.problems.append(error)
            }
        }
        guard !isEmpty else {
            throw RenderError(
                .notFound, file: folder, "holds no kustomization and no *.yaml, *.yml or *.json file",
                hint: "folders within it are not entered")
        }
        return placed(manifests)
    }

    private static func isManifest(_ entry: FileTreeEntry) -> Bool {
        entry.kind != .directory && entry.kind != .submodule
            && [".yaml", ".yml", ".json"].contains { entry.name.hasSuffix($0) && entry.name.count > $0.count }
    }

    private static func manifest(_ resource: Resource) -> Manifest {
        Manifest(object: resource.object, origin: resource.origin, place: resource.place)
    }

    private static func placed(_ manifests: [Manifest]) -> [Manifest] {
        manifests.enumerated().map { place, manifest in
            Manifest(object: manifest.object, origin: manifest.origin, place: place)
        }
    }
}
